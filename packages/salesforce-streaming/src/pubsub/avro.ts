import type { Schema, Type } from 'avsc';
import avsc from 'avsc';

/** Numbers where they are exact, else bigints: `commitNumber` of a change event is beyond 2^53. */
const longs = avsc.types.LongType.__with({
  fromBuffer(bytes: Buffer) {
    const long = bytes.readBigInt64LE();
    const number = Number(long);
    return Number.isSafeInteger(number) ? number : long;
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

/** Throws when it is not the schema of a record. */
export function recordTypeOf(schemaJson: string): Type {
  const schema = JSON.parse(schemaJson) as Schema;
  const type = avsc.Type.forSchema(schema, { registry: { long: longs }, omitRecordMethods: true });
  if (!avsc.Type.isType(type, 'record')) throw new TypeError('The schema is not one of a record.');
  return type;
}
