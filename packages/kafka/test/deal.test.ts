import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '../src/index.ts';
import { deal } from '../src/session/deal.ts';
import type { Lot } from '../src/session/lot.ts';
import { createLot, fill } from '../src/session/lot.ts';

function lot(partition: number, waiting: number, inCore = 0): Lot {
  const made = createLot({ topic: 'orders', partition });
  made.state = 'reading';
  made.inCore = inCore;
  const records = Array.from({ length: waiting }, (_, offset): KafkaRecord => ({
    offset: String(offset),
    size: 0,
    key: null,
    value: null,
    timestamp: 0,
    headers: undefined,
    native: undefined,
  }));
  const next = BigInt(waiting);
  fill(made, { topic: 'orders', partition, from: 0n, next, high: next, records });
  return made;
}

function counts(lots: readonly Lot[], places: number, turn = 0): readonly number[] {
  const hands = deal(lots, places, turn);
  return lots.map((it) => hands.find((hand) => hand.lot === it)?.records.length ?? 0);
}

describe('places are dealt', () => {
  it('all to one that is alone', () => {
    expect(counts([lot(0, 100)], 32)).toEqual([32]);
  });

  it('evenly to those that wait', () => {
    expect(counts([lot(0, 100), lot(1, 100), lot(2, 3)], 32)).toEqual([15, 14, 3]);
  });

  it('first to who has least in core', () => {
    expect(counts([lot(0, 100, 28), lot(1, 100)], 4)).toEqual([0, 4]);
  });

  it('with one kept free for each that has nothing to bring', () => {
    expect(counts([lot(0, 100), lot(1, 0), lot(2, 0)], 32)).toEqual([30, 0, 0]);
  });

  it('with no more than half of all kept free, and never none to who has nothing in core', () => {
    const idle = Array.from({ length: 50 }, (_, index) => lot(index + 1, 0));
    expect(counts([lot(0, 100), ...idle], 32)[0]).toBe(16);
    expect(counts([lot(0, 100), ...idle], 1)[0]).toBe(1);
  });

  it('by turns among equals', () => {
    const lots = () => [lot(0, 9), lot(1, 9)];
    expect(counts(lots(), 1, 0)).toEqual([1, 0]);
    expect(counts(lots(), 1, 1)).toEqual([0, 1]);
  });

  it('to none whose place is being looked up', () => {
    const locating = lot(0, 9);
    locating.state = 'locating';
    expect(counts([locating], 9)).toEqual([0]);
  });
});
