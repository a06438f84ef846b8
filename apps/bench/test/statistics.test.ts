import { expect, test } from 'vitest';

import { median, quantile, ratioInterval, seededRandom } from '../src/measure/statistics.ts';

test('a quantile lies between the samples next to it', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(quantile([10, 20, 30, 40, 50], 0.1)).toBeCloseTo(14);
  expect(quantile([7], 0.9)).toBe(7);
});

test('the interval of a ratio that never varies is that ratio', () => {
  const slow = [1, 5, 2, 8, 3].map((load) => 2 * load);
  expect(ratioInterval(slow, slow, seededRandom(1))).toEqual([1, 1]);
});

test('the interval of a ratio holds the ratio, and grows with the noise', () => {
  const random = seededRandom(7);
  const around = (centre: number, noise: number) =>
    Array.from({ length: 15 }, () => centre * (1 + noise * (random() - 0.5)));
  const calm = ratioInterval(around(3, 0.1), around(1, 0.1), seededRandom(1));
  const noisy = ratioInterval(around(3, 1), around(1, 1), seededRandom(1));
  expect(calm[0]).toBeLessThan(3);
  expect(calm[1]).toBeGreaterThan(3);
  expect(noisy[1] - noisy[0]).toBeGreaterThan(2 * (calm[1] - calm[0]));
});

test('the same seed gives the same numbers', () => {
  const [one, same, other] = [seededRandom(1), seededRandom(1), seededRandom(2)].map((random) =>
    Array.from({ length: 5 }, random),
  );
  expect(same).toEqual(one);
  expect(other).not.toEqual(one);
});
