import type { Schema, Type } from 'avsc';
import avsc from 'avsc';
import type { AvroRecord } from './avro-schema.ts';

/** Takes and gives numbers where they are exact, else bigints. */
const longs = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer) {
    const long = bytes.readBigInt64LE();
    return Number.isSafeInteger(Number(long)) ? Number(long) : long;
  },
  toBuffer(value: number | bigint) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: Number,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' || Number.isSafeInteger(value),
  compare: (left: number | bigint, right: number | bigint) => (left < right ? -1 : Number(left > right)),
});

export function avroType(schema: AvroRecord): Type {
  return avsc.Type.forSchema(schema as unknown as Schema, {
    registry: { long: longs },
    omitRecordMethods: true,
  });
}
