import { createRequire } from 'node:module';
import type { CompressionAlgorithmValue } from '@platformatic/kafka';
import { createRecordsBatch, crc32c, NumericMap, produceV9 } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { OutgoingBytes, OutgoingRecord } from '../../src/client/port.ts';
import { packBatch } from '../../src/platformatic/pack-batch.ts';
import { writeProduce } from '../../src/platformatic/produce-request.ts';
import { codecs, fieldAt } from '../support/batch-bytes.ts';
import { plain, read } from '../support/fetched.ts';
import { seededRandom } from '../support/seeded-random.ts';

const nobody = { codec: 'none', producerId: -1n, producerEpoch: -1, sequence: -1 } as const;
const bytesOf = (value: OutgoingBytes) => (typeof value === 'string' ? Buffer.from(value) : value);

function record(content: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return { key: null, value: null, headers: [], timestamp: 1_000, partition: 0, ...content };
}

/** Where a checksum is, and what it is of. */
const checksum = { at: 17, of: 21 };
/** What the producer does not know is filled in differently. */
const leaderEpochAt = 12;

/** It numbers also what nobody in particular sends. */
const numbered = { ...nobody, sequence: 0 };
const theirNobody = { producerId: -1n, producerEpoch: -1, partitionLeaderEpoch: -1 };

const toMessage =
  (topic: string) =>
  ({ key, value, headers, timestamp, partition = 3 }: OutgoingRecord) => ({
    topic,
    partition,
    timestamp: BigInt(timestamp),
    // The library's types know of no null, which it writes as one.
    key: key as Buffer,
    value: (value === null ? null : bytesOf(value)) as Buffer,
    // A map by identity: keys that are equal are several of one name.
    headers: new Map(headers.map(([name, one]) => [Buffer.from(name), bytesOf(one) as Buffer])),
  });

/** By the library's own encoder, which writes times wrong that are more than 31 bits apart. */
function byLibrary(records: readonly OutgoingRecord[], codec: CompressionAlgorithmValue, sequence: number) {
  const sequences = new NumericMap([['orders:3', sequence]]);
  const options = {
    producerId: 77n,
    producerEpoch: 5,
    sequences,
    compression: codec,
    partitionLeaderEpoch: -1,
  };
  return Buffer.from(createRecordsBatch(records.map(toMessage('orders')), options).buffer);
}

/** Of sizes around those at which their own lengths become longer. */
function someRecords(seed: number): readonly OutgoingRecord[] {
  const random = seededRandom(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const texts = ['', 'a', 'größe', '€uro', '𝄞', '\ud800', 'x'.repeat(63), 'y'.repeat(64), 'é'.repeat(5_000)];
  const some = (): OutgoingBytes =>
    random() < 0.5
      ? (texts[upTo(texts.length - 1)] ?? '')
      : Buffer.from(Array.from({ length: upTo(200) }, () => upTo(255)));
  return Array.from({ length: 1 + upTo(200) }, () => ({
    key: random() < 0.3 ? null : bytesOf(some()),
    value: random() < 0.1 ? null : random() < 0.02 ? 'z'.repeat(20_000) : some(),
    headers: Array.from({ length: upTo(4) }, () => [texts[upTo(texts.length - 1)] ?? '', some()] as const),
    timestamp: 1_700_000_000_000 + upTo(2 ** 31) - 2 ** 30,
    partition: 3,
  }));
}

describe.each(codecs)('a batch, packed by %s', (codec) => {
  it.each([1, 2, 3, 4, 5, 6])('is to the byte the one that the library packs, by chance %i', async (seed) => {
    const records = someRecords(seed);
    const packed = await packBatch(records, { codec, producerId: 77n, producerEpoch: 5, sequence: seed });
    expect(packed.equals(byLibrary(records, codec, seed))).toBe(true);
  });

  it('is read as it was written', async () => {
    const records = someRecords(7);
    const found = read(await packBatch(records, { ...nobody, codec })).records.map(plain);
    expect(found.map(({ key, value, timestamp }) => ({ key, value, timestamp }))).toEqual(
      records.map(({ key, value, timestamp }) => ({
        key: key && Buffer.from(key).toString('latin1'),
        value: value === null ? null : Buffer.from(bytesOf(value)).toString('latin1'),
        timestamp,
      })),
    );
  });
});

it('a request with batches is to the byte the one that the library writes', async () => {
  const ofPartition = (partition: number) => someRecords(partition).map((it) => ({ ...it, partition }));
  const records = [1, 2, 3].map(ofPartition);
  const batches = await Promise.all(
    records.map(async (its) => ({
      partition: its[0]?.partition ?? 0,
      batch: await packBatch(its, numbered),
    })),
  );
  for (const acks of [-1, 0, 1] as const) {
    const written = writeProduce({ acks, timeout: 1_234, topic: 'größe', batches });
    const theirs = produceV9.createRequest(acks, 1_234, records.flat().map(toMessage('größe')), theirNobody);
    expect(written.buffer.equals(theirs.buffer)).toBe(true);
    expect(written.context).toEqual(theirs.context);
  }
});

it('times may be as far apart as they are', async () => {
  const times = [0, 1, -1, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 40, 4e15, -4e15];
  const timestamps = [1_000, ...times.map((time) => 1_000 + time)];
  const packed = await packBatch(
    timestamps.map((timestamp) => record({ timestamp })),
    nobody,
  );
  expect(read(packed).records.map(({ timestamp }) => timestamp)).toEqual(timestamps);
  expect(packed.readBigInt64BE(fieldAt.firstTimestamp)).toBe(1_000n);
  expect(packed.readBigInt64BE(fieldAt.maxTimestamp)).toBe(4_000_000_000_001_000n);
});

it('who sends it, and the number of its first record, are told, and are under the checksum', async () => {
  const packed = await packBatch([record(), record()], {
    ...nobody,
    producerId: 9n,
    producerEpoch: 2,
    sequence: 40,
  });
  expect(packed.readBigInt64BE(43)).toBe(9n);
  expect(packed.readInt16BE(51)).toBe(2);
  expect(packed.readInt32BE(53)).toBe(40);
  expect(packed.readInt32BE(leaderEpochAt)).toBe(-1);
  expect(packed.readUInt32BE(checksum.at)).toBe(crc32c(packed.subarray(checksum.of)));
});

it('is what kafkajs reads', async () => {
  const kafkajs = createRequire(import.meta.url);
  type Decoder = new (bytes: Buffer) => object;
  const ProtocolDecoder = kafkajs('kafkajs/src/protocol/decoder') as Decoder;
  const decodeBatch = kafkajs('kafkajs/src/protocol/recordBatch/v0/decoder') as (decoder: object) => Promise<{
    readonly records: readonly {
      readonly key: Buffer | null;
      readonly value: Buffer | null;
      readonly headers: object;
      readonly timestamp: string;
    }[];
  }>;
  const records = [
    record({
      key: Buffer.from('k'),
      value: 'größe',
      headers: [
        ['größe', 'XL'],
        ['many', '1'],
        ['many', '2'],
      ],
    }),
    record({ timestamp: 1_000 + 2 ** 45, value: Buffer.from([0, 255]) }),
    record({ timestamp: -(2 ** 45) }),
  ];
  const packed = await packBatch(records, nobody);
  const found = await decodeBatch(new ProtocolDecoder(packed));
  expect(found.records).toMatchObject([
    {
      key: Buffer.from('k'),
      value: Buffer.from('größe'),
      headers: { größe: Buffer.from('XL'), many: [Buffer.from('1'), Buffer.from('2')] },
      timestamp: '1000',
    },
    { key: null, value: Buffer.from([0, 255]), timestamp: String(1_000 + 2 ** 45) },
    { key: null, value: null, timestamp: String(-(2 ** 45)) },
  ]);
});
