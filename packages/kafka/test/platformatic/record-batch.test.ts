import { createRequire } from 'node:module';
import type { KafkaRecord as LibraryRecord, RecordsBatch } from '@platformatic/kafka';
import { Reader, readRecordsBatches } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import type { Content } from '../support/batch-bytes.ts';
import { batchBytes, codecs, fieldAt } from '../support/batch-bytes.ts';
import { plain, read } from '../support/fetched.ts';
import { seededRandom } from '../support/seeded-random.ts';

const bytes = (text: string) => Buffer.from(text);
const values = (...names: string[]): Content[] => names.map((name) => ({ value: bytes(name) }));
const contentOf = (packed: Buffer, from?: number) => read(packed, from).records.map(plain);
const offsetsIn = (packed: Buffer, from?: number) => contentOf(packed, from).map(({ offset }) => offset);

describe('records', () => {
  it('come with keys and values that are null, or empty', () => {
    const packed = batchBytes([
      { key: null, value: null },
      { key: Buffer.alloc(0), value: Buffer.alloc(0) },
      { key: bytes('k'), value: bytes('v') },
    ]);
    expect(contentOf(packed)).toEqual([
      { offset: 0, key: null, value: null, timestamp: 1_000, headers: [] },
      { offset: 1, key: '', value: '', timestamp: 1_000, headers: [] },
      { offset: 2, key: 'k', value: 'v', timestamp: 1_000, headers: [] },
    ]);
  });

  it('have headers by name, those of one name as a list, and none inherited', () => {
    const names = ['a', '__proto__', 'a', 'none', 'größe', '', 'constructor', 'a'];
    const headers = names.map((name, index): [Buffer, Buffer | null] => [
      bytes(name),
      name === 'none' ? null : Buffer.from([index]),
    ]);
    const [record, bare] = read(batchBytes([{ headers }, {}])).records;
    expect(Object.entries(record?.headers ?? {})).toEqual([
      ['a', [Buffer.from([0]), Buffer.from([2]), Buffer.from([7])]],
      ['__proto__', Buffer.from([1])],
      ['none', null],
      ['größe', Buffer.from([4])],
      ['', Buffer.from([5])],
      ['constructor', Buffer.from([6])],
    ]);
    expect(record?.headers?.['toString']).toBeUndefined();
    expect(bare?.headers).toBeUndefined();
  });

  it('have their own headers, where names change from one record to the next', () => {
    const headersOf = (...names: string[]): Content => ({
      headers: names.map((name) => [bytes(name), bytes(`of ${name}`)]),
    });
    const packed = batchBytes([
      headersOf('aa', 'b'),
      headersOf('ab', 'b'),
      headersOf('b'),
      headersOf('aa', 'c', 'd'),
    ]);
    const namesOf = contentOf(packed).map(({ headers }) => headers);
    expect(namesOf).toEqual([
      [
        ['aa', 'of aa'],
        ['b', 'of b'],
      ],
      [
        ['ab', 'of ab'],
        ['b', 'of b'],
      ],
      [['b', 'of b']],
      [
        ['aa', 'of aa'],
        ['c', 'of c'],
        ['d', 'of d'],
      ],
    ]);
  });

  it('keep key and value as bytes in `native`', () => {
    const [record] = read(batchBytes([{ key: bytes('k'), value: bytes('v') }])).records;
    expect(record?.native).toMatchObject({ key: bytes('k'), value: bytes('v') });
  });

  it('have the time that the producer has set, also one before that of the first, or that the broker has set', () => {
    const contents = [
      { timestamp: 5_000n },
      { timestamp: 4_000n },
      { timestamp: 1_700_000_005_000n - 1_699_000_000_000n },
    ];
    const packed = batchBytes(contents);
    const times = () => contentOf(packed).map(({ timestamp }) => timestamp);
    expect(times()).toEqual([5_000, 4_000, 1_000_005_000]);
    packed.writeInt16BE(1 << 3, fieldAt.attributes);
    packed.writeBigInt64BE(9_000n, fieldAt.maxTimestamp);
    expect(times()).toEqual([9_000, 9_000, 9_000]);
  });

  it.each(codecs)('come out of batches that are packed by %s', (codec) => {
    const contents = Array.from({ length: 500 }, (_, n): Content => ({
      key: bytes(`key ${n}`),
      value: bytes(`${n}`.padStart(n)),
      headers: [[bytes('name'), bytes(`${n}`)]],
    }));
    const packed = Buffer.concat([
      batchBytes(contents, { codec }),
      batchBytes(contents, { codec, first: 500 }),
    ]);
    const found = contentOf(packed);
    expect(found.map(({ offset }) => offset)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(found[777]).toEqual({
      offset: 777,
      key: 'key 277',
      value: '277'.padStart(277),
      timestamp: 1_000,
      headers: [['name', '277']],
    });
  });

  it('have offsets beyond what numbers are exact for', () => {
    const packed = batchBytes(values('a', 'b'));
    packed.writeBigInt64BE(2n ** 60n + 1n, fieldAt.firstOffset);
    const { records, next } = read(packed);
    expect(records.map(({ offset }) => BigInt(offset))).toEqual([2n ** 60n + 1n, 2n ** 60n + 2n]);
    expect(next).toBe(2n ** 60n + 3n);
  });
});

describe('batches', () => {
  it('are read from inside of the first one on', () => {
    const packed = Buffer.concat([
      batchBytes(values('a', 'b', 'c'), { first: 10 }),
      batchBytes(values('d'), { first: 13 }),
    ]);
    expect(offsetsIn(packed, 12)).toEqual([12, 13]);
    expect(read(packed, 12).next).toBe(14n);
  });

  it('have gaps where they were compacted, inside, at their ends, and of all records', () => {
    const contents = values('a', 'b', 'c', 'd', 'e');
    for (const codec of codecs) {
      const packed = Buffer.concat([
        batchBytes(contents, { first: 10, kept: [1, 3], codec }),
        batchBytes(contents, { first: 20, kept: [], codec }),
        batchBytes(contents, { first: 30, kept: [4], codec }),
      ]);
      expect(offsetsIn(packed), codec).toEqual([11, 13, 34]);
      expect(read(packed.subarray(0, -1), 2).next, codec).toBe(25n);
    }
  });

  it('that are cut are left out, wherever', () => {
    const whole = batchBytes(values('a', 'b'));
    const packed = Buffer.concat([whole, batchBytes(values('c', 'd'), { first: 2 })]);
    for (let end = whole.length; end < packed.length; end += 1) {
      expect(read(packed.subarray(0, end)), `${end} bytes`).toMatchObject({ next: 2n, records: [{}, {}] });
    }
    expect(read(packed).next).toBe(4n);
  });

  it('may be none at all', () => {
    expect(read(Buffer.alloc(0), 7)).toEqual({ records: [], next: 7n });
  });
});

/** What the library's own decoder finds. */
function byLibrary(packed: Buffer) {
  return readRecordsBatches(Reader.from(packed)).flatMap((batch) =>
    batch.records.map((record) => plain(toPort(batch, record))),
  );
}

function toPort(batch: RecordsBatch, { key, value, headers, timestampDelta, offsetDelta }: LibraryRecord) {
  const named = new Map<string, (Buffer | null)[]>();
  for (const [name, its] of headers) {
    const text = String(name);
    named.set(text, [...(named.get(text) ?? []), its]);
  }
  return {
    offset: String(batch.firstOffset + BigInt(offsetDelta)),
    key,
    value,
    timestamp: Number(batch.firstTimestamp + timestampDelta),
    headers: Object.fromEntries(named),
    size: 0,
    native: undefined,
  };
}

it.each([1, 2, 3, 4, 5, 6, 7, 8])('what is read is what the library reads, by chance %i', (seed) => {
  const random = seededRandom(seed);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  // Sizes around those at which their own numbers become longer.
  const someBytes = () => Buffer.from(Array.from({ length: upTo(1) * upTo(200) }, () => upTo(255)));
  const some = () => (random() < 0.2 ? null : someBytes());
  const batches: Buffer[] = [];
  let first = 0;
  for (let count = 1 + upTo(4); count > 0; count -= 1) {
    const contents = Array.from({ length: 1 + upTo(100) }, (): Content => ({
      key: some(),
      value: random() < 0.02 ? Buffer.alloc(20_000, 1) : some(),
      timestamp: 1_700_000_000_000n + BigInt(upTo(100_000) - 50_000),
      headers: Array.from({ length: upTo(4) }, () => [bytes(`name ${upTo(5)}`), some()] as const),
    }));
    const kept = [...contents.keys()].filter(() => random() < 0.9);
    const codec = codecs[upTo(codecs.length - 1)] ?? 'none';
    batches.push(batchBytes(contents, { first, codec, ...(random() < 0.5 && { kept }) }));
    first += contents.length + upTo(3);
  }
  const packed = Buffer.concat(batches);
  const expected = byLibrary(packed);
  expect(expected.length).toBeGreaterThan(0);
  expect(contentOf(packed)).toEqual(expected);
});

describe('what kafkajs packs', () => {
  type Encoder = { readonly buffer: Buffer };
  const kafkajs = createRequire(import.meta.url);
  const encodeRecord = kafkajs('kafkajs/src/protocol/recordBatch/record/v0') as (record: object) => Encoder;
  const { RecordBatch: encodeBatch } = kafkajs('kafkajs/src/protocol/recordBatch/v0') as {
    readonly RecordBatch: (batch: object) => Promise<Encoder>;
  };

  it.each([0, 1])('is read, by codec %i', async (compression) => {
    const deltas = [0, -1, 2 ** 31, -(2 ** 40), 2 ** 47, 2 ** 48, -(2 ** 48) - 1, 2 ** 52, -(2 ** 53)];
    const records = deltas.map((timestampDelta, offsetDelta) =>
      encodeRecord({
        offsetDelta,
        timestampDelta,
        key: offsetDelta === 0 ? null : bytes(`key ${offsetDelta}`),
        value: bytes('größe'.repeat(offsetDelta * 10)),
        headers: { größe: bytes('XL'), many: [bytes('1'), bytes('2')] },
      }),
    );
    const batch = await encodeBatch({
      compression,
      firstOffset: 40,
      firstTimestamp: 1_000,
      lastOffsetDelta: deltas.length - 1,
      records,
    });
    const found = read(batch.buffer).records;
    expect(found.map(({ timestamp }) => timestamp)).toEqual(deltas.map((delta) => 1_000 + delta));
    expect(found.map(({ offset }) => Number(offset))).toEqual(deltas.map((_, index) => 40 + index));
    expect(found.map(({ key }) => key && String(key))).toEqual([
      null,
      ...deltas.slice(1).map((_, index) => `key ${index + 1}`),
    ]);
    expect(found.map(({ value }) => String(value))).toEqual(
      deltas.map((_, index) => 'größe'.repeat(index * 10)),
    );
    for (const { headers } of found) {
      expect(Object.entries(headers ?? {})).toEqual([
        ['größe', bytes('XL')],
        ['many', [bytes('1'), bytes('2')]],
      ]);
    }
  });
});
