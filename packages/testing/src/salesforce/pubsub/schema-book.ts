import { hash } from 'node:crypto';
import type { Type } from 'avsc';
import { changeChannelOf } from '../event-log/channel.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { LoggedEvent } from '../event-log/event.ts';
import type { Channel } from '../event-log/options.ts';
import { schemaId } from '../event-log/schema.ts';
import { avroType } from './avro-codec.ts';
import type { AvroRecord, PubSubKind } from './avro-schema.ts';
import { schemaOfChannel, schemaOfEvent } from './avro-schema.ts';

export interface KnownSchema {
  readonly id: string;
  readonly record: AvroRecord;
  readonly type: Type;
}

export type PubSubEvent = LoggedEvent & { readonly kind: PubSubKind };

/** The Avro schemas of an org, by id. Those that were once in use stay. */
export interface SchemaBook {
  get(id: string): KnownSchema | undefined;
  /** The one that events of a channel have now. */
  ofChannel(channel: Channel): KnownSchema | undefined;
  /** The one that the event was written by. */
  ofEvent(event: PubSubEvent): KnownSchema;
}

export function createSchemaBook(log: EventLog): SchemaBook {
  const known = new Map<string, KnownSchema>();

  function keep(id: string, record: () => AvroRecord): KnownSchema {
    const present = known.get(id);
    if (present) return present;
    const made = record();
    const schema = { id, record: made, type: avroType(made) };
    known.set(id, schema);
    return schema;
  }

  function ofChannel({ name, kind, fields }: Channel): KnownSchema | undefined {
    if (!fields || (kind !== 'platform' && kind !== 'change')) return undefined;
    const apiName = name.slice(name.lastIndexOf('/') + 1);
    return keep(schemaId(apiName, fields), () => schemaOfChannel(kind, apiName, fields));
  }

  return {
    get: (id) => known.get(id),
    ofChannel,
    ofEvent(event) {
      const home = log.channel(
        event.kind === 'change' ? changeChannelOf(event.header.entityName) : `/event/${event.apiName}`,
      );
      if (home) ofChannel(home);
      const defined = known.get(event.schema);
      if (defined) return defined;
      const record = schemaOfEvent(event);
      return keep(hash('md5', JSON.stringify(record), 'base64url'), () => record);
    },
  };
}
