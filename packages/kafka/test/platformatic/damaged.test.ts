import { UnsupportedCompressionError } from '@platformatic/kafka';
import { describe, expect, it } from 'vitest';
import { isKafkaError } from '../../src/errors.ts';
import type { Content } from '../support/batch-bytes.ts';
import { batchBytes, codecs, fieldAt } from '../support/batch-bytes.ts';
import { read } from '../support/fetched.ts';
import { seededRandom } from '../support/seeded-random.ts';

const contents: readonly Content[] = ['a', 'b', 'c'].map((name) => ({
  key: Buffer.from(name),
  value: Buffer.from(`value of ${name}`),
  headers: [[Buffer.from('name'), Buffer.from(name)]],
}));

/** Where the first record has its fields, each in one byte: a length, attributes, deltas of time and offset, and so on. */
const recordAt = {
  length: fieldAt.records,
  offsetDelta: fieldAt.records + 3,
  keyLength: fieldAt.records + 4,
  valueLength: fieldAt.records + 6,
  headers: fieldAt.records + 17,
  nameLength: fieldAt.records + 18,
} as const;
/** As numbers of variable length are written. */
const zigzag = (value: number) => (value < 0 ? -2 * value - 1 : 2 * value);

type Damage = (batch: Buffer) => void;

const damages: readonly (readonly [string, Damage, RegExp])[] = [
  ['an old format', (it) => it.writeInt8(1, fieldAt.format), /format 1/],
  ['a format that is not known', (it) => it.writeInt8(3, fieldAt.format), /format 3/],
  ['a negative length', (it) => it.writeInt32BE(-1, fieldAt.length), /length is -1/],
  ['a length without room for a header', (it) => it.writeInt32BE(48, fieldAt.length), /length is 48/],
  ['a length beyond all', (it) => it.writeInt32BE(1_000_000, fieldAt.length), /longer than what there is/],
  ['too few records', (it) => it.writeInt32BE(2, fieldAt.count), /more than the 2 records/],
  ['no records', (it) => it.writeInt32BE(0, fieldAt.count), /more than the 0 records/],
  ['a negative count', (it) => it.writeInt32BE(-1, fieldAt.count), /-1 records/],
  ['more records than offsets', (it) => it.writeInt32BE(4, fieldAt.count), /4 records, with offsets up to 2/],
  ['negative offsets', (it) => it.writeInt32BE(-1, fieldAt.lastOffsetDelta), /up to -1/],
  [
    'more records than there are',
    (it) => {
      it.writeInt32BE(9, fieldAt.lastOffsetDelta);
      it.writeInt32BE(4, fieldAt.count);
    },
    /beyond its batch/,
  ],
  ['a record beyond its batch', (it) => it.set([0xfe, 0x7f], recordAt.length), /beyond/],
  ['an empty record', (it) => it.writeUInt8(0, recordAt.length), /record is empty/],
  ['a record of no length', (it) => it.writeUInt8(zigzag(-1), recordAt.length), /record is empty/],
  ['a record of a negative length', (it) => it.writeUInt8(zigzag(-2), recordAt.length), /length is -2/],
  ['an endless number', (it) => it.fill(0xff, recordAt.length, recordAt.length + 12), /more than 32 bits/],
  [
    'an endless time',
    (it) => it.fill(0xff, recordAt.offsetDelta - 1, recordAt.offsetDelta + 10),
    /more than 64 bits/,
  ],
  ['a record longer than its fields', (it) => it.writeUInt8(0, recordAt.headers), /longer than its fields/],
  ['an offset beyond those of the batch', (it) => it.writeUInt8(zigzag(3), recordAt.offsetDelta), /is at 3/],
  ['a negative offset', (it) => it.writeUInt8(zigzag(-1), recordAt.offsetDelta), /is at -1/],
  [
    'an offset that comes twice',
    (it) => it.writeUInt8(zigzag(1), recordAt.offsetDelta),
    /at 1 after one at 1/,
  ],
  ['a key beyond its record', (it) => it.writeUInt8(zigzag(40), recordAt.keyLength), /beyond its record/],
  ['a key of negative length', (it) => it.writeUInt8(zigzag(-2), recordAt.keyLength), /length is -2/],
  ['a value beyond its record', (it) => it.writeUInt8(zigzag(40), recordAt.valueLength), /beyond its record/],
  ['a negative count of headers', (it) => it.writeUInt8(zigzag(-1), recordAt.headers), /-1 headers/],
  ['more headers than there are', (it) => it.writeUInt8(zigzag(9), recordAt.headers), /beyond its record/],
  ['a name beyond its record', (it) => it.writeUInt8(zigzag(40), recordAt.nameLength), /beyond its record/],
];

const failureOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe('a batch that is damaged', () => {
  it.each(damages)('by %s: is told', (_, damage, problem) => {
    const batch = batchBytes(contents, { first: 40 });
    damage(batch);
    const failure = failureOf(() => read(batch, 40));
    expect(failure).toMatchObject({
      code: 'KAFKA_REQUEST_FAILED',
      message: expect.stringMatching(problem) as string,
    });
    expect(String(failure)).toContain('orders[3]@40');
  });

  it.each(damages)('by %s: is told after what comes before it', (_, damage) => {
    const [before, batch] = [batchBytes(contents, { first: 37 }), batchBytes(contents, { first: 40 })];
    damage(batch);
    const { records, next } = read(Buffer.concat([before, batch]), 37);
    expect(records.map(({ offset }) => Number(offset))).toEqual([37, 38, 39]);
    expect(next).toBe(40n);
  });

  it('is one whose offsets were before, too', () => {
    const batch = batchBytes(contents, { first: 40 });
    expect(failureOf(() => read(batch, 43))).toMatchObject({
      message: expect.stringContaining('from 40 to 42') as string,
    });
    const overlapping = batchBytes(contents, { first: 42 });
    expect(read(Buffer.concat([batch, overlapping]), 40).next).toBe(43n);
  });

  it.each<[string, Damage]>([
    ['a negative count', (it) => it.writeInt32BE(-1, fieldAt.count)],
    ['no offsets', (it) => it.writeInt32BE(-1, fieldAt.lastOffsetDelta)],
  ])('may have %s and no records', (_, damage) => {
    const batch = batchBytes(contents, { first: 41, kept: [] });
    damage(batch);
    expect(failureOf(() => read(batch, 40))).toMatchObject({ code: 'KAFKA_REQUEST_FAILED' });
  });

  it.each(codecs.slice(1))('and packed by %s: is told', (codec) => {
    const batch = batchBytes(contents, { first: 40, codec });
    batch.fill(9, fieldAt.records, fieldAt.records + 8);
    expect(failureOf(() => read(batch, 40))).toMatchObject({
      code: 'KAFKA_REQUEST_FAILED',
      message: expect.stringContaining('orders[3]@40') as string,
    });
  });

  it('is not one whose codec is missing, which the library tells', () => {
    const batch = batchBytes(contents, { attributes: 7 });
    expect(failureOf(() => read(batch))).toBeInstanceOf(UnsupportedCompressionError);
  });
});

it.each(codecs)('bytes changed by chance, packed by %s, are records or an error', (codec) => {
  const random = seededRandom(20_261_129);
  const upTo = (most: number) => Math.floor(random() * (most + 1));
  const sound = Buffer.concat([0, 3, 6].map((first) => batchBytes(contents, { first, codec })));
  const seen = { records: 0, error: 0 };
  for (let round = 0; round < 1_000; round += 1) {
    let bytes = Buffer.from(sound);
    for (let changes = 1 + upTo(3); changes > 0; changes -= 1) {
      const value = [0, 1, 0x7f, 0x80, 0xff, upTo(255)][upTo(5)] ?? 0;
      const start = upTo(bytes.length - 1);
      bytes.fill(value, start, Math.min(start + 1 + upTo(4), bytes.length));
    }
    if (random() < 0.3) bytes = bytes.subarray(0, upTo(bytes.length));
    const outcome = failureOf(() => read(bytes));
    if (outcome instanceof Error) {
      if (!isKafkaError(outcome) && !(outcome instanceof UnsupportedCompressionError)) throw outcome;
      seen.error += 1;
      continue;
    }
    const { records, next } = outcome as ReturnType<typeof read>;
    const offsets = records.map(({ offset }) => BigInt(offset));
    expect(offsets, `round ${round}`).toEqual([...new Set(offsets)].sort((a, b) => (a < b ? -1 : 1)));
    expect(
      offsets.every((offset) => offset >= 0n && offset < next),
      `round ${round}`,
    ).toBe(true);
    seen.records += 1;
  }
  expect(seen.records).toBeGreaterThan(100);
  expect(seen.error).toBeGreaterThan(100);
});
