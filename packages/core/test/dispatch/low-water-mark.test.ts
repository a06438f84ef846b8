import { describe, expect, test } from 'vitest';

import { createLowWaterMark } from '../../src/low-water-mark.ts';
import { toPosition } from '../../src/message.ts';
import { seededRandom, shuffled } from '../stores/support/seeded-random.ts';

function tracked(count: number) {
  let passed = 0;
  const mark = createLowWaterMark((more) => (passed += more));
  const marks = Array.from({ length: count }, (_, index) => mark.track(toPosition(`p${index}`)));
  return { mark, marks, passed: () => passed };
}

describe('the low-water mark', () => {
  test('is nowhere before the first message is settled', () => {
    const { mark, marks } = tracked(2);
    expect(mark.position).toBeUndefined();
    marks[1]?.settle();
    expect(mark.position).toBeUndefined();
    expect(mark.pending).toBe(2);
  });

  test('stands, in whatever order messages are settled, just before the oldest that is not', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const random = seededRandom(seed);
      const count = 1 + Math.floor(random() * 60);
      const { mark, marks, passed } = tracked(count);
      const settled = new Set<number>();
      for (const index of shuffled([...marks.keys()], random)) {
        marks[index]?.settle();
        settled.add(index);
        let oldest = 0;
        while (settled.has(oldest)) oldest += 1;
        expect(mark.position).toBe(oldest === 0 ? undefined : `p${oldest - 1}`);
        expect(mark.pending).toBe(count - oldest);
        expect(passed()).toBe(oldest);
      }
    }
  });

  test('goes on while messages come and go, through many thousands', () => {
    const random = seededRandom(7);
    const mark = createLowWaterMark(() => {});
    const open: { readonly index: number; settle(): void }[] = [];
    let next = 0;
    for (let step = 0; step < 20_000; step += 1) {
      if (open.length < 32 && random() < 0.6) {
        const tracking = mark.track(toPosition(`p${next}`));
        open.push({ index: next, settle: () => tracking.settle() });
        next += 1;
      } else open.splice(Math.floor(random() * open.length), 1)[0]?.settle();
      const oldest = Math.min(next, ...open.map(({ index }) => index));
      if (mark.pending !== next - oldest) throw new Error(`${mark.pending} pending at step ${step}.`);
      if (oldest > 0 && mark.position !== `p${oldest - 1}`) throw new Error(`${mark.position} at ${step}.`);
    }
    expect(next).toBeGreaterThan(5_000);
  });

  test('waits, by hand, for a commit of the same message or a later one', () => {
    const mark = createLowWaterMark(() => {}, { byHand: true });
    const marks = Array.from({ length: 4 }, (_, index) => mark.track(toPosition(`p${index}`)));
    marks[0]?.settle();
    marks[1]?.settle();
    expect(mark.position).toBeUndefined();
    marks[2]?.commit();
    expect(mark.position).toBe('p1');
    marks[3]?.settle();
    marks[2]?.settle();
    expect(mark.position).toBe('p2');
    marks[3]?.commit();
    expect(mark.position).toBe('p3');
  });

  test('needs no commit, by hand, where there is nobody to commit', () => {
    const mark = createLowWaterMark(() => {}, { byHand: true });
    const marks = Array.from({ length: 3 }, (_, index) => mark.track(toPosition(`p${index}`)));
    marks[0]?.pass();
    expect(mark.position).toBe('p0');
    marks[2]?.pass();
    marks[1]?.settle();
    expect(mark.position).toBe('p0');
    marks[0]?.commit();
    expect(mark.position).toBe('p0');
    marks[1]?.commit();
    expect(mark.position).toBe('p2');
  });

  test('knows, by hand, its messages by number through many thousands', () => {
    const mark = createLowWaterMark(() => {}, { byHand: true });
    for (let index = 0; index < 10_000; index += 1) {
      const next = mark.track(toPosition(`p${index}`));
      next.settle();
      if (index % 7 === 0) next.commit();
      const reached = index - (index % 7);
      if (mark.position !== `p${reached}`) throw new Error(`${mark.position} at ${index}.`);
    }
    expect(mark.pending).toBe(9_999 % 7);
  });

  test('is not moved by settling twice', () => {
    const { mark, marks, passed } = tracked(3);
    marks[0]?.settle();
    marks[0]?.settle();
    expect(mark.position).toBe('p0');
    expect(passed()).toBe(1);
  });
});
