import type { Fields, LoggedEvent } from '../event-log/event.ts';
import type { FieldDefinitions, FieldType } from '../event-log/schema.ts';

export interface AvroRecord {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly fields: readonly AvroField[];
}

export interface AvroField {
  readonly name: string;
  readonly type: AvroType | readonly AvroType[];
  readonly default?: null;
}

export type AvroType =
  | string
  | AvroRecord
  | { readonly type: 'array'; readonly items: string }
  | { readonly type: 'enum'; readonly name: string; readonly symbols: readonly string[] };

const avroTypes: Readonly<Record<FieldType, string>> = {
  string: 'string',
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  double: 'double',
  // Milliseconds since 1970.
  dateTime: 'long',
};

const texts = { type: 'array', items: 'string' } as const;

const header: AvroRecord = {
  type: 'record',
  name: 'ChangeEventHeader',
  fields: [
    { name: 'entityName', type: 'string' },
    { name: 'recordIds', type: texts },
    {
      name: 'changeType',
      type: {
        type: 'enum',
        name: 'ChangeType',
        symbols: [
          'CREATE',
          'UPDATE',
          'DELETE',
          'UNDELETE',
          'GAP_CREATE',
          'GAP_UPDATE',
          'GAP_DELETE',
          'GAP_UNDELETE',
          'GAP_OVERFLOW',
        ],
      },
    },
    { name: 'changeOrigin', type: 'string' },
    { name: 'transactionKey', type: 'string' },
    { name: 'sequenceNumber', type: 'int' },
    { name: 'commitTimestamp', type: 'long' },
    { name: 'commitNumber', type: 'long' },
    { name: 'commitUser', type: 'string' },
    { name: 'nulledFields', type: texts },
    { name: 'diffFields', type: texts },
    { name: 'changedFields', type: texts },
  ],
};

/** The fields that events of all platform event types, or of all change event types, have. */
const common = {
  platform: [
    { name: 'CreatedDate', type: 'long' },
    { name: 'CreatedById', type: 'string' },
  ],
  change: [{ name: 'ChangeEventHeader', type: header }],
} as const satisfies Readonly<Record<string, readonly AvroField[]>>;

export type PubSubKind = keyof typeof common;

/** The schema of a channel whose fields are defined. */
export function schemaOfChannel(
  kind: PubSubKind,
  apiName: string,
  definitions: FieldDefinitions,
): AvroRecord {
  const fields = Object.entries(definitions).map(([name, { type, required = false }]) =>
    required ? { name, type: avroTypes[type] } : optional(name, avroTypes[type]),
  );
  return recordOf(kind, apiName, fields);
}

/** A schema that fits one event, where the fields of its channel are not defined. */
export function schemaOfEvent(event: LoggedEvent & { readonly kind: PubSubKind }): AvroRecord {
  const fields = Object.entries(event.fields).map(([name, value]) => optional(name, typeOf(name, value)));
  const named = event.kind === 'change' ? [...event.header.nulledFields, ...event.header.changedFields] : [];
  const others = new Set(named.map((name) => name.split('.')[0] ?? ''));
  for (const { name } of fields) others.delete(name);
  return recordOf(event.kind, event.apiName, [
    ...fields,
    ...[...others].map((name) => optional(name, 'string')),
  ]);
}

function recordOf(kind: PubSubKind, name: string, fields: readonly AvroField[]): AvroRecord {
  return { type: 'record', name, namespace: 'com.sforce.eventbus', fields: [...common[kind], ...fields] };
}

function optional(name: string, type: AvroType): AvroField {
  return { name, type: ['null', type], default: null };
}

function typeOf(name: string, value: unknown): AvroType {
  switch (typeof value) {
    case 'boolean':
      return 'boolean';
    case 'number':
      return 'double';
    case 'bigint':
      return 'long';
    case 'object':
      return value === null ? 'string' : compoundOf(name, value as Fields);
    default:
      return 'string';
  }
}

/** Such as the name of a contact, or an address. */
function compoundOf(name: string, value: Fields): AvroRecord {
  return {
    type: 'record',
    name: `Compound_${name}`,
    fields: Object.entries(value).map(([part, content]) =>
      optional(part, typeOf(`${name}_${part}`, content)),
    ),
  };
}
