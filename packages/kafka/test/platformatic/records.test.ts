import type { RecordsBatch } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { endOf, readableRecords } from '../../src/platformatic/records.ts';

const [appendTime, transactional, control] = [1 << 3, 1 << 4, 1 << 5];
const [abortMark, commitMark] = [0, 1];

/** Records of offsets from `first` on, each with its offset as value. */
function batch(first: number, count: number, more: Partial<RecordsBatch> = {}): RecordsBatch {
  return {
    firstOffset: BigInt(first),
    lastOffsetDelta: count - 1,
    length: 0,
    partitionLeaderEpoch: 0,
    magic: 2,
    crc: 0,
    attributes: 0,
    firstTimestamp: 1_000n,
    maxTimestamp: 9_000n,
    producerId: -1n,
    producerEpoch: 0,
    firstSequence: 0,
    records: Array.from({ length: count }, (_, offsetDelta) => ({
      length: 0,
      attributes: 0,
      timestampDelta: BigInt(offsetDelta),
      offsetDelta,
      key: null,
      value: Buffer.from(String(first + offsetDelta)),
      headers: [],
    })),
    ...more,
  };
}

const inTransaction = (producerId: bigint, first: number, count: number) =>
  batch(first, count, { producerId, attributes: transactional });

function end(producerId: bigint, at: number, mark: number): RecordsBatch {
  const key = Buffer.from([0, 0, 0, mark]);
  const [record] = batch(at, 1).records;
  const records = record ? [{ ...record, key }] : [];
  return batch(at, 1, { producerId, attributes: transactional | control, records });
}

const offsetsOf = (...parameters: Parameters<typeof readableRecords>) =>
  readableRecords(...parameters).map(({ offset }) => Number(offset));

describe('what is read of a fetch', () => {
  it('begins where it was asked for, inside of a batch', () => {
    expect(offsetsOf([batch(10, 5), batch(15, 2)], 13n, [])).toEqual([13, 14, 15, 16]);
    expect(endOf(batch(15, 2))).toBe(17n);
  });

  it('has no marks of the ends of transactions', () => {
    expect(offsetsOf([inTransaction(7n, 0, 2), end(7n, 2, commitMark)], 0n, [])).toEqual([0, 1]);
  });

  it('leaves out each transaction that was aborted, also several of one producer, and only those', () => {
    const batches = [
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
    ];
    const aborted = [
      { producerId: 7n, firstOffset: 8n },
      { producerId: 8n, firstOffset: 6n },
      { producerId: 7n, firstOffset: 2n },
    ];
    expect(offsetsOf(batches, 0n, aborted)).toEqual([0, 3, 5, 11]);
  });

  it('has the time that the producer, or the broker, has set', () => {
    const times = (attributes: number) =>
      readableRecords([batch(0, 2, { attributes })], 0n, []).map(({ timestamp }) => timestamp);
    expect(times(0)).toEqual([1_000, 1_001]);
    expect(times(appendTime)).toEqual([9_000, 9_000]);
  });

  it('has headers by name, those of one name as a list', () => {
    const [record] = batch(0, 1).records;
    const headers = ['a', '__proto__', 'a', 'none'].map((name, index): [Buffer, Buffer | null] => [
      Buffer.from(name),
      name === 'none' ? null : Buffer.from([index]),
    ]);
    const records = record ? [{ ...record, headers }] : [];
    const [read] = readableRecords([batch(0, 1, { records })], 0n, []);
    expect(Object.entries(read?.headers ?? {})).toEqual([
      ['a', [Buffer.from([0]), Buffer.from([2])]],
      ['__proto__', Buffer.from([1])],
      ['none', null],
    ]);
  });
});
