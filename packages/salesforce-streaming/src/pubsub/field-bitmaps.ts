import type { Type } from 'avsc';
import avsc from 'avsc';

/**
 * The names of the fields that a change event's bitmaps stand for. `0x…` has a bit for each field of the record, the
 * lowest for the first; `index-0x…` does so for the fields of the compound field at `index`, whose names come out
 * as `Name.FirstName` (Pub/Sub API guide: Event Deserialization Considerations). Throws when there is no such field.
 */
export function fieldNames(bitmaps: readonly string[], record: Type): readonly string[] {
  return bitmaps.flatMap((bitmap) => {
    const [, index, digits = ''] = /^(?:(\d+)-)?0x([0-9a-f]+)$/i.exec(bitmap) ?? [];
    if (digits === '') throw new RangeError(`"${bitmap}" is not a bitmap of fields.`);
    const bits = BigInt(`0x${digits}`);
    if (index === undefined) return namesOf(bits, record);
    const parent = fieldAt(Number(index), record);
    return namesOf(bits, compound(parent)).map((name) => `${parent.name}.${name}`);
  });
}

function namesOf(bits: bigint, record: Type): readonly string[] {
  const names: string[] = [];
  for (let index = 0, left = bits; left > 0n; index += 1, left >>= 1n) {
    if (left & 1n) names.push(fieldAt(index, record).name);
  }
  return names;
}

function fieldAt(index: number, record: Type) {
  const field = (record as avsc.types.RecordType).fields[index];
  if (field === undefined)
    throw new RangeError(`A bitmap names field ${index}, which the schema does not have.`);
  return field;
}

function compound(field: avsc.types.Field): Type {
  const { type } = field;
  const branches = 'types' in type ? (type as avsc.types.UnwrappedUnionType).types : [type];
  const record = branches.find((branch) => avsc.Type.isType(branch, 'record'));
  if (record === undefined)
    throw new RangeError(`A bitmap goes into "${field.name}", which is no compound field.`);
  return record;
}
