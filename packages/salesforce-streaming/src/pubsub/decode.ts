import type { Type } from 'avsc';
import { salesforceError } from '../errors.ts';
import type { Arrival, EventData } from '../transport.ts';
import { cursorOf } from './cursor.ts';
import { fieldNames } from './field-bitmaps.ts';
import type { ConsumerEvent } from './messages.ts';

const bitmaps = ['nulledFields', 'diffFields', 'changedFields'] as const;

type Fields = Record<string, unknown>;

/** The event in the shape that it has over CometD. Fields that are not set are null, where CometD leaves them out. */
export function decode(received: ConsumerEvent, channel: string, type: Type): Arrival {
  const { event } = received;
  if (!event) return undecodable(received, channel, new TypeError('There is no event in the message.'));
  let payload: Fields;
  try {
    payload = type.fromBuffer(event.payload) as Fields;
  } catch (cause) {
    return undecodable(received, channel, cause);
  }
  const data = { ...envelopeOf(received, channel, type), payload };
  try {
    nameFields(payload['ChangeEventHeader'], type);
  } catch (cause) {
    return arrivalOf(received, channel, data, failureOf(channel, cause));
  }
  return arrivalOf(received, channel, data);
}

/** An event that is handed on all the same, so that it is not lost. */
export function undecodable(received: ConsumerEvent, channel: string, cause: unknown): Arrival {
  return arrivalOf(received, channel, envelopeOf(received, channel), failureOf(channel, cause));
}

function arrivalOf(native: ConsumerEvent, channel: string, data: EventData, failure?: Error): Arrival {
  const arrival = { channel, cursor: cursorOf(native.replayId), data, native };
  return failure ? { ...arrival, failure } : arrival;
}

function envelopeOf({ event, replayId }: ConsumerEvent, channel: string, type?: Type): EventData {
  const schema = event?.schemaId ?? '';
  const facts: Fields = { replayId: cursorOf(replayId) };
  if (event?.id) facts['EventUuid'] = event.id;
  // As CometD has it, where it is needed: on a channel with events of several types.
  if (type?.name && channel.endsWith('__chn') && channel.startsWith('/event/')) {
    facts['EventApiName'] = type.name.slice(type.name.lastIndexOf('.') + 1);
  }
  return { schema, event: facts };
}

function nameFields(header: unknown, type: Type): void {
  if (typeof header !== 'object' || header === null) return;
  const fields = header as Fields;
  for (const name of bitmaps) {
    const value = fields[name];
    if (Array.isArray(value)) fields[name] = fieldNames(value.map(String), type);
  }
}

function failureOf(channel: string, cause: unknown): Error {
  return salesforceError(
    'SALESFORCE_EVENT_INVALID',
    `An event of ${channel} could not be decoded by its Avro schema.`,
    cause,
  );
}
