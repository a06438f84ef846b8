import type { Fields } from '../event-log/event.ts';
import { replayIdToBytes } from '../event-log/replay-id.ts';
import type { AvroRecord } from './avro-schema.ts';
import { fieldBitmaps } from './field-bitmaps.ts';
import type { ConsumerEvent } from './messages.ts';
import type { PubSubEvent, SchemaBook } from './schema-book.ts';

/** An event of the log as a subscriber gets it. */
export function encode(event: PubSubEvent, schemas: SchemaBook): ConsumerEvent {
  const { id, type, record } = schemas.ofEvent(event);
  return {
    event: { id: event.uuid, schemaId: id, payload: type.toBuffer(payloadOf(event, record)) },
    replayId: replayIdToBytes(event.replayId),
  };
}

function payloadOf(event: PubSubEvent, record: AvroRecord): Fields {
  const values = Object.fromEntries(
    record.fields.map(({ name, type }) => [name, valueOf(event.fields[name], type)]),
  );
  if (event.kind === 'platform') {
    return { ...values, CreatedDate: event.createdAt, CreatedById: event.createdById };
  }
  const bitmaps = (names: readonly string[]) => fieldBitmaps(names, record);
  const { nulledFields, diffFields, changedFields } = event.header;
  return {
    ...values,
    ChangeEventHeader: {
      ...event.header,
      nulledFields: bitmaps(nulledFields),
      diffFields: bitmaps(diffFields),
      changedFields: bitmaps(changedFields),
    },
  };
}

/** Dates are texts in JSON and milliseconds in Avro. */
function valueOf(value: unknown, type: unknown): unknown {
  const types: readonly unknown[] = Array.isArray(type) ? type : [type];
  if (typeof value === 'string' && types.includes('long')) return Date.parse(value);
  return value ?? null;
}
