import { fetchV12, Reader, Writer } from '@platformatic/kafka';
import { expect, it } from 'vitest';
import { isKafkaError } from '../../src/errors.ts';
import { readFetchAnswer } from '../../src/platformatic/fetch-answer.ts';
import { batchBytes } from '../support/batch-bytes.ts';
import { seededRandom } from '../support/seeded-random.ts';

const [notLeader, outOfRange] = [6, 1];
const batch = batchBytes([{ value: Buffer.from('v') }]);

interface Answered {
  readonly partition: number;
  readonly errorCode?: number;
  readonly high?: bigint;
  readonly aborted?: readonly (readonly [producerId: bigint, firstOffset: bigint])[];
  readonly records?: Buffer | null;
}

/** Fetch response 12, after its header: https://kafka.apache.org/protocol#The_Messages_Fetch */
function frame(topics: Readonly<Record<string, readonly Answered[]>>, errorCode = 0): Buffer {
  return Writer.create()
    .appendInt32(0)
    .appendInt16(errorCode)
    .appendInt32(0)
    .appendArray(Object.entries(topics), (w, [topic, partitions]) => {
      w.appendString(topic).appendArray(partitions as Answered[], (w, it) => {
        w.appendInt32(it.partition)
          .appendInt16(it.errorCode ?? 0)
          .appendInt64(it.high ?? 0n)
          .appendInt64(-1n)
          .appendInt64(-1n);
        if (it.aborted) {
          w.appendArray([...it.aborted], (w, [producerId, firstOffset]) => {
            w.appendInt64(producerId).appendInt64(firstOffset);
          });
        } else w.appendUnsignedVarInt(0);
        w.appendInt32(-1).appendUnsignedVarInt(
          it.records ? it.records.length + 1 : it.records === null ? 0 : 1,
        );
        if (it.records) w.append(it.records);
      });
    })
    .appendTaggedFields().buffer;
}

/** As it arrives from a socket. */
function inPieces(bytes: Buffer, size: number): Reader {
  const reader = Reader.from(bytes.subarray(0, size));
  for (let start = size; start < bytes.length; start += size)
    reader.buffer.append(bytes.subarray(start, start + size));
  reader.length = reader.buffer.length;
  return reader;
}

const all = frame({
  orders: [
    {
      partition: 0,
      high: 12n,
      records: batch,
      aborted: [
        [7n, 3n],
        [8n, 2n ** 60n],
      ],
    },
    { partition: 1, errorCode: notLeader, high: -1n, records: null },
    { partition: 2, high: 5n },
  ],
  größe: [{ partition: 300, errorCode: outOfRange, records: null, aborted: [] }],
});

it.each([1, 7, 64, 10_000])('has what each partition has answered, in pieces of %i bytes', (size) => {
  expect(readFetchAnswer(inPieces(all, size))).toEqual({
    errorCode: 0,
    partitions: [
      {
        topic: 'orders',
        partition: 0,
        errorCode: 0,
        highWatermark: 12n,
        abortedTransactions: [
          { producerId: 7n, firstOffset: 3n },
          { producerId: 8n, firstOffset: 2n ** 60n },
        ],
        bytes: batch,
      },
      {
        topic: 'orders',
        partition: 1,
        errorCode: notLeader,
        highWatermark: -1n,
        abortedTransactions: [],
        bytes: Buffer.alloc(0),
      },
      {
        topic: 'orders',
        partition: 2,
        errorCode: 0,
        highWatermark: 5n,
        abortedTransactions: [],
        bytes: Buffer.alloc(0),
      },
      {
        topic: 'größe',
        partition: 300,
        errorCode: outOfRange,
        highWatermark: 0n,
        abortedTransactions: [],
        bytes: Buffer.alloc(0),
      },
    ],
  });
});

it('is told as an error of the whole request', () => {
  expect(readFetchAnswer(Reader.from(frame({}, 70)))).toEqual({ errorCode: 70, partitions: [] });
});

it('may have tagged fields, which mean nothing here', () => {
  const sound = frame({
    orders: [{ partition: 0, records: batch }],
    bills: [{ partition: 1, records: batch }],
  });
  const end = sound.indexOf(batch) + batch.length;
  // current_leader, of eight bytes, and one that is not known, of two.
  const tags = Buffer.from([2, 1, 8, 0, 0, 0, 1, 0, 0, 0, 1, 99, 2, 0, 0]);
  const tagged = Buffer.concat([sound.subarray(0, end), tags, sound.subarray(end + 1)]);
  const { partitions } = readFetchAnswer(Reader.from(tagged));
  expect(partitions.map(({ topic, partition }) => [topic, partition])).toEqual([
    ['orders', 0],
    ['bills', 1],
  ]);
  expect(fetchV12.parseResponse(0, 1, 12, Reader.from(tagged)).responses).toHaveLength(2);
});

it('is an error where it is cut', () => {
  for (let end = 0; end < all.length - 1; end += 1) {
    expect(() => readFetchAnswer(Reader.from(all.subarray(0, end))), `${end} bytes`).toThrow(
      expect.objectContaining({ code: 'KAFKA_REQUEST_FAILED' }) as Error,
    );
  }
});

it.each(['ffffffff0f', '8080808008', '8080808004'])('is an error with 0x%s topics', (count) => {
  const bytes = Buffer.concat([Buffer.alloc(10), Buffer.from(count, 'hex'), Buffer.alloc(40)]);
  expect(() => readFetchAnswer(Reader.from(bytes))).toThrow(
    expect.objectContaining({ code: 'KAFKA_REQUEST_FAILED' }) as Error,
  );
});

it('is an answer or an error after bytes were changed by chance', () => {
  const random = seededRandom(7);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const seen = { answers: 0, errors: 0 };
  for (let round = 0; round < 5_000; round += 1) {
    const bytes = Buffer.from(all);
    for (let changes = 1 + upTo(3); changes > 0; changes -= 1) {
      bytes[upTo(bytes.length - 1)] = [0, 1, 0x7f, 0x80, 0xff, upTo(255)][upTo(5)] ?? 0;
    }
    try {
      // Not more than its bytes have room for.
      expect(readFetchAnswer(inPieces(bytes, 100)).partitions.length).toBeLessThan(all.length);
      seen.answers += 1;
    } catch (error) {
      if (!isKafkaError(error)) throw error;
      seen.errors += 1;
    }
  }
  expect(seen.answers).toBeGreaterThan(100);
  expect(seen.errors).toBeGreaterThan(100);
});
