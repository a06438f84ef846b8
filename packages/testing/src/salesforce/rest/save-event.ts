import type { Fields } from '../event-log/event.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Channel } from '../event-log/options.ts';
import type { FieldType } from '../event-log/schema.ts';
import type { RestError } from './rest-error.ts';

/** What became of one event, in the words of `SaveResult`. */
export type Saved = { readonly uuid: string } | { readonly error: RestError };

/** The channel of a platform event, by the name of its sObject such as `Order__e`. */
export function eventChannel(log: EventLog, sobject: string): Channel | undefined {
  return sobject.endsWith('__chn') ? undefined : log.channel(`/event/${sobject}`);
}

/** Publishes a platform event as inserting a record does; says what is wrong with it instead. */
export function saveEvent(log: EventLog, channel: Channel, record: Fields): Saved {
  const { attributes: _, ...fields } = record;
  const error = problemWith(channel, fields);
  return error ? { error } : { uuid: log.publish(channel.name, fields).uuid };
}

const system = new Set(['Id', 'CreatedDate', 'CreatedById', 'EventUuid', 'ReplayId']);

function problemWith({ name, fields: defined }: Channel, fields: Fields): RestError | undefined {
  const readOnly = Object.keys(fields).filter((field) => system.has(field));
  if (readOnly.length > 0) {
    return {
      errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE',
      message:
        `Unable to create/update fields: ${readOnly.join(', ')}. ` +
        'Please check the security settings of this field and verify that it is read/write for your profile or permission set.',
      fields: readOnly,
    };
  }
  if (!defined) return undefined;
  for (const [field, value] of Object.entries(fields)) {
    const definition = defined[field];
    const sobject = name.slice('/event/'.length);
    if (!definition) {
      return {
        errorCode: 'INVALID_FIELD',
        message: `No such column '${field}' on sobject of type ${sobject}`,
      };
    }
    if (value !== null && !fits[definition.type](value)) {
      return {
        errorCode: 'JSON_PARSER_ERROR',
        message: `Cannot deserialize instance of ${definition.type} from a ${typeof value}: ${field}`,
      };
    }
  }
  const missing = Object.keys(defined).filter(
    (field) => defined[field]?.required && (fields[field] ?? null) === null,
  );
  if (missing.length === 0) return undefined;
  return {
    errorCode: 'REQUIRED_FIELD_MISSING',
    message: `Required fields are missing: [${missing.join(', ')}]`,
    fields: missing,
  };
}

const isInteger = (value: unknown) => typeof value === 'bigint' || Number.isInteger(value);

const fits: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: (value) => typeof value === 'string',
  boolean: (value) => typeof value === 'boolean',
  int: isInteger,
  long: isInteger,
  double: (value) => typeof value === 'number' || typeof value === 'bigint',
  dateTime: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
};
