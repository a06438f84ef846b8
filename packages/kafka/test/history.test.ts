import { describe, expect, it } from 'vitest';
import { numbers } from './support/consume.ts';
import type { Books } from './support/history.ts';
import { examine, leftUndone, nothingWrong, repeats } from './support/history.ts';

/** Books of events whose effects came in this order, and of which nothing else is known. */
function booksOf(published: number, order: readonly number[]): Books {
  const effects = order.map((n) => ({ n, place: `orders[0]@${n}`, member: 'A' }));
  return { published, effects, deliveries: [], disturbances: [], committed: [], ends: [] };
}

describe('the look at effects', () => {
  const all = numbers(1, 1_000);

  it('finds nothing wrong with each event once, in the order of its key', () => {
    expect(examine(booksOf(1_000, all))).toEqual(nothingWrong);
    const keysInAnyOrder = all.toSorted((a, b) => (a % 50) - (b % 50));
    expect(examine(booksOf(1_000, keysInAnyOrder))).toEqual(nothingWrong);
  });

  it('sees what is lost, also at the end', () => {
    const lossy = all.filter((n) => n !== 7 && n < 999);
    expect(examine(booksOf(1_000, lossy))).toEqual({ ...nothingWrong, lost: [7, 999, 1_000] });
    expect(examine(booksOf(3, []))).toEqual({ ...nothingWrong, lost: [1, 2, 3] });
  });

  it('sees what took effect more than once, at once and much later', () => {
    expect(examine(booksOf(1_000, [1, ...all, 500]))).toEqual({ ...nothingWrong, twice: [1, 500] });
  });

  it('sees what was overtaken by a later event of its key', () => {
    const swapped = all.map((n) => (n === 3 ? 53 : n === 53 ? 3 : n));
    expect(examine(booksOf(1_000, swapped))).toEqual({ ...nothingWrong, overtaken: [3] });
    const late = [...all.filter((n) => n !== 8), 8];
    expect(examine(booksOf(1_000, late))).toEqual({ ...nothingWrong, overtaken: [8] });
  });

  it('sees a marker that stands before the end, or after it, or not at all', () => {
    const books = { ...booksOf(1_000, all), ends: [5, 5, 5, 5] };
    expect(examine({ ...books, committed: [5, 5, 5, 5] })).toEqual(nothingWrong);
    expect(examine({ ...books, committed: [5, 4, 6] })).toEqual({ ...nothingWrong, unsettled: [1, 2, 3] });
  });

  it('sees what came once more', () => {
    const delivery = { member: 'A', place: 'orders[0]@1', at: 1 };
    const deliveries = [delivery, { ...delivery, at: 2 }];
    const found = examine({ ...booksOf(1_000, all), deliveries });
    expect(found).toEqual({ ...nothingWrong, repeated: ['orders[0]@1'] });
  });
});

describe('the look at deliveries', () => {
  const disturbances = [
    { from: 100, to: 200 },
    { from: 400, to: 500 },
  ];
  const at = (time: number, place: string, member = 'A') => ({ at: time, place, member });

  it('takes a record that comes again for expected only while there is a reason', () => {
    const deliveries = [at(10, 'a'), at(20, 'b'), at(30, 'c'), at(150, 'a'), at(300, 'b'), at(450, 'a')];
    expect(repeats(deliveries, disturbances)).toEqual({ expected: 2, unexpected: ['b'] });
    expect(repeats(deliveries, [])).toEqual({ expected: 0, unexpected: ['a', 'b', 'a'] });
  });

  it('goes by when records came, not by who tells of them first', () => {
    expect(repeats([at(300, 'a'), at(150, 'a')], disturbances)).toEqual({ expected: 0, unexpected: ['a'] });
  });

  it('sees what comes again after somebody left who had handled it', () => {
    const effects = [
      { n: 1, place: 'a', member: 'A' },
      { n: 2, place: 'b', member: 'B' },
    ];
    const deliveries = [at(10, 'a', 'C'), at(55, 'a'), at(60, 'b', 'C'), at(70, 'c', 'C')];
    expect(leftUndone({ member: 'A', since: 50 }, effects, deliveries)).toEqual([]);
    const again = [...deliveries, at(80, 'a', 'C')];
    expect(leftUndone({ member: 'A', since: 50 }, effects, again)).toEqual(['a']);
  });
});
