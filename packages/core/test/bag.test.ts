import { describe, expect, test } from 'vitest';

import type { InBag } from '../src/bag.ts';
import { createBag } from '../src/bag.ts';

interface Item extends InBag {
  readonly name: number;
}

const item = (name: number): Item => ({ name, slot: -1 });
const names = (items: readonly Item[]) => items.map(({ name }) => name).sort((a, b) => a - b);

describe('a bag', () => {
  test('holds what a set would, whatever comes and goes', () => {
    const items = Array.from({ length: 20 }, (_, name) => item(name));
    const bag = createBag<Item>();
    const set = new Set<Item>();
    let seed = 7;
    for (let step = 0; step < 2_000; step += 1) {
      seed = (seed * 48_271) % 2_147_483_647;
      const one = items[seed % items.length] as Item;
      if (set.has(one)) {
        bag.delete(one);
        set.delete(one);
      } else {
        bag.add(one);
        set.add(one);
      }
      expect(bag.size).toBe(set.size);
      expect(names(bag.snapshot())).toEqual(names([...set]));
      for (const other of items) expect(bag.has(other)).toBe(set.has(other));
    }
  });

  test('does nothing when what it does not hold is deleted', () => {
    const bag = createBag<Item>();
    const [kept, stranger] = [item(1), item(2)];
    bag.add(kept);
    bag.delete(stranger);
    stranger.slot = 0;
    bag.delete(stranger);
    expect(bag.snapshot()).toEqual([kept]);
  });

  test('gives a snapshot that stays as it is', () => {
    const bag = createBag<Item>();
    const one = item(1);
    bag.add(one);
    const snapshot = bag.snapshot();
    bag.delete(one);
    expect(snapshot).toEqual([one]);
  });
});
