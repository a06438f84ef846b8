import type { AvroField, AvroRecord, AvroType } from './avro-schema.ts';

/**
 * Names of fields as a change event of the Pub/Sub API has them: `0x…` with a bit for each field of the record, the
 * lowest for the first, and `index-0x…` for those of a compound field, whose names are such as `Name.FirstName`
 * (Pub/Sub API guide: "Event Deserialization Considerations").
 */
export function fieldBitmaps(names: readonly string[], record: AvroRecord): readonly string[] {
  const parts = names.map((name) => name.split('.'));
  const top = parts.filter(([, child]) => child === undefined).map(([name = '']) => name);
  const parents = new Set(parts.filter(([, child]) => child !== undefined).map(([parent = '']) => parent));
  const bitmaps = top.length > 0 ? [bitmap(top, record.fields)] : [];
  for (const parent of parents) {
    const children = parts.filter(([name, child]) => name === parent && child !== undefined);
    const index = record.fields.findIndex(({ name }) => name === parent);
    const compound = recordIn(record.fields[index]);
    bitmaps.push(
      `${index}-${bitmap(
        children.map(([, child = '']) => child),
        compound.fields,
      )}`,
    );
  }
  return bitmaps;
}

function bitmap(names: readonly string[], fields: readonly AvroField[]): string {
  const bits = names.map((name) => {
    const index = fields.findIndex((field) => field.name === name);
    if (index === -1) throw new RangeError(`The schema has no field "${name}".`);
    return 1n << BigInt(index);
  });
  return `0x${bits
    .reduce((all, bit) => all | bit, 0n)
    .toString(16)
    .toUpperCase()}`;
}

function recordIn(field: AvroField | undefined): AvroRecord {
  const record = [field?.type].flat().find(isRecord);
  if (record === undefined) throw new RangeError(`"${field?.name}" is no compound field.`);
  return record;
}

function isRecord(type: AvroType | undefined): type is AvroRecord {
  return typeof type === 'object' && type.type === 'record';
}
