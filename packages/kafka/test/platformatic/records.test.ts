import { describe, expect, it } from 'vitest';
import type { Content } from '../support/batch-bytes.ts';
import { batchBytes, fieldAt } from '../support/batch-bytes.ts';
import { read } from '../support/fetched.ts';

const [transactional, control] = [1 << 4, 1 << 5];
const [abortMark, commitMark] = [0, 1];

const contents = (count: number) =>
  Array.from({ length: count }, (): Content => ({ value: Buffer.from('v') }));
const batch = (first: number, count: number) => batchBytes(contents(count), { first });

const inTransaction = (producerId: bigint, first: number, count: number) =>
  batchBytes(contents(count), { first, producerId, attributes: transactional });

function end(producerId: bigint, first: number, mark: number): Buffer {
  const key = Buffer.from([0, 0, 0, mark]);
  return batchBytes([{ key }], { first, producerId, attributes: transactional | control });
}

const offsetsOf = (batches: readonly Buffer[], aborted: Parameters<typeof read>[2] = []) =>
  read(Buffer.concat(batches), 0, aborted).records.map(({ offset }) => Number(offset));

describe('what is read of a fetch', () => {
  it('has no marks of the ends of transactions, and goes on after them', () => {
    const batches = [inTransaction(7n, 0, 2), end(7n, 2, commitMark)];
    expect(offsetsOf(batches)).toEqual([0, 1]);
    expect(read(Buffer.concat(batches)).next).toBe(3n);
  });

  const severalAborted = {
    batches: [
      inTransaction(7n, 0, 1),
      end(7n, 1, commitMark),
      inTransaction(7n, 2, 1),
      batch(3, 1),
      end(7n, 4, abortMark),
      inTransaction(7n, 5, 1),
      inTransaction(8n, 6, 1),
      end(7n, 7, commitMark),
      inTransaction(7n, 8, 1),
      end(8n, 9, abortMark),
      end(7n, 10, abortMark),
      batch(11, 1),
    ],
    aborted: [
      { producerId: 7n, firstOffset: 8n },
      { producerId: 8n, firstOffset: 6n },
      { producerId: 7n, firstOffset: 2n },
    ],
  };

  it('leaves out each transaction that was aborted, also several of one producer, and only those', () => {
    const { batches, aborted } = severalAborted;
    expect(offsetsOf(batches, aborted)).toEqual([0, 3, 5, 11]);
  });

  it('does not look into batches that are left out', () => {
    const { batches, aborted } = severalAborted;
    const damaged = batches.map((it) => Buffer.from(it));
    damaged[2]?.fill(0xff, fieldAt.records);
    expect(offsetsOf(damaged, aborted)).toEqual([0, 3, 5, 11]);
    expect(offsetsOf(damaged)).toEqual([0]);
  });

  it('goes on after a fetch that has brought only what is left out', () => {
    const aborted = [{ producerId: 7n, firstOffset: 0n }];
    expect(read(inTransaction(7n, 0, 2), 0, aborted)).toEqual({ records: [], next: 2n });
  });
});
