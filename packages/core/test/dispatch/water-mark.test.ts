import { describe, expect, test } from 'vitest';

import { createLowWaterMark } from '../../src/low-water-mark.ts';
import { toPosition } from '../../src/message.ts';
import { seededRandom, shuffled } from '../stores/support/seeded-random.ts';

describe('the low-water mark', () => {
  test('is nowhere before the first message is settled', () => {
    const mark = createLowWaterMark(() => {});
    mark.track(toPosition('p0'));
    expect(mark.position).toBeUndefined();
    expect(mark.pending).toBe(1);
  });

  test.each(Array.from({ length: 50 }, (_, seed) => seed))(
    'stands right below the oldest message that is not settled, whatever the order (seed %d)',
    (seed) => {
      const random = seededRandom(seed);
      const count = 1 + Math.floor(random() * 60);
      let advanced = 0;
      const mark = createLowWaterMark((passed) => (advanced += passed));
      const settled = new Set<number>();
      const tracked = new Map<number, { settle(): void }>();
      const waiting: number[] = [];
      let next = 0;
      while (settled.size < count) {
        // Deliveries and settlements in any mixture.
        if (next < count && (waiting.length === 0 || random() < 0.5)) {
          tracked.set(next, mark.track(toPosition(`p${next}`)));
          waiting.push(next);
          next += 1;
        } else {
          const [index = 0] = waiting.splice(Math.floor(random() * waiting.length), 1);
          tracked.get(index)?.settle();
          settled.add(index);
        }
        let oldestOpen = 0;
        while (settled.has(oldestOpen)) oldestOpen += 1;
        expect(mark.position).toBe(oldestOpen === 0 ? undefined : `p${oldestOpen - 1}`);
        expect(advanced).toBe(oldestOpen);
        expect(mark.pending).toBe(next - oldestOpen);
      }
      expect(mark.position).toBe(`p${count - 1}`);
    },
  );

  test('forgets what it has passed: many messages leave it where it should be', () => {
    const mark = createLowWaterMark(() => {});
    const random = seededRandom(7);
    for (let block = 0; block < 100; block += 1) {
      const marks = Array.from({ length: 100 }, (_, index) =>
        mark.track(toPosition(`p${block * 100 + index}`)),
      );
      for (const entry of shuffled(marks, random)) entry.settle();
      expect(mark.position).toBe(`p${block * 100 + 99}`);
      expect(mark.pending).toBe(0);
    }
  });

  test('forgets no message that it has not passed', () => {
    const mark = createLowWaterMark(() => {});
    const marks = Array.from({ length: 1_500 }, (_, index) => mark.track(toPosition(`p${index}`)));
    marks.forEach((entry, index) => index !== 1_001 && entry.settle());
    expect(mark.position).toBe('p1000');
    expect(mark.pending).toBe(499);
    marks[1_001]?.settle();
    expect(mark.position).toBe('p1499');
  });

  test('takes a message that is settled twice for settled once', () => {
    let advanced = 0;
    const mark = createLowWaterMark((passed) => (advanced += passed));
    const first = mark.track(toPosition('p0'));
    first.settle();
    first.settle();
    expect(advanced).toBe(1);
  });
});
