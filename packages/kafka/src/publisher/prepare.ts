import { randomUUID } from 'node:crypto';
import type { HeaderValue } from '@millrace/core';
import { topicName } from '../check-options.ts';
import type { OutgoingRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { OutgoingEvent } from './event.ts';
import type { PublisherSettings } from './options.ts';

/** An event ready to be sent. */
export interface Prepared {
  readonly id: string;
  readonly topic: string;
  readonly record: OutgoingRecord;
  /** What it takes in a batch. */
  readonly bytes: number;
}

/** Throws KAFKA_EVENT_INVALID, KAFKA_MESSAGE_TOO_LARGE, KAFKA_OPTIONS. */
export function prepare(event: OutgoingEvent, settings: PublisherSettings, now: () => number): Prepared {
  const { type, id = randomUUID(), key, partition, time } = event;
  if (typeof type !== 'string' || type === '') throw invalid('its `type` must be a text that is not empty');
  if (typeof id !== 'string' || id === '') throw invalid('its `id` must be a text that is not empty');
  const topic = event.topic ?? settings.topic;
  if (topic === undefined) {
    throw kafkaError(
      'KAFKA_OPTIONS',
      'An event has no topic. Set `topic` of the event, or of the publisher.',
    );
  }
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0)) {
    throw invalid('its `partition` must be a whole number');
  }
  const headers = new Map<string, readonly Uint8Array[]>();
  for (const [name, value] of Object.entries(event.headers ?? {}))
    headers.set(name, headerBytes(name, value));
  headers.set(settings.eventHeader, [Buffer.from(type)]);
  headers.set(settings.idHeader, [Buffer.from(id)]);
  const record: OutgoingRecord = {
    key: typeof key === 'string' ? Buffer.from(key) : (key ?? null),
    value: payload(event.data),
    headers,
    timestamp: time?.getTime() ?? now(),
    partition,
  };
  const bytes = sizeOf(record);
  if (bytes > settings.maxMessageBytes) {
    throw kafkaError(
      'KAFKA_MESSAGE_TOO_LARGE',
      `An event of type "${type}" takes ${bytes} bytes, and ${settings.maxMessageBytes} are allowed.`,
    );
  }
  return { id, topic: topicName('topic', topic), record, bytes };
}

function payload(data: unknown): Uint8Array | null {
  if (data === null || data === undefined) return null;
  if (data instanceof Uint8Array) return data;
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw invalid('its `data` can not be made JSON', cause);
  }
  if (text === undefined) throw invalid('its `data` can not be made JSON');
  return Buffer.from(text);
}

function headerBytes(name: string, value: HeaderValue): readonly Uint8Array[] {
  if (Array.isArray(value)) return value.flatMap((item: HeaderValue) => headerBytes(name, item));
  if (value instanceof Uint8Array) return [value];
  if (value === null) return [Buffer.alloc(0)];
  if (['string', 'number', 'boolean'].includes(typeof value)) return [Buffer.from(String(value))];
  throw invalid(`its header "${name}" is neither text, number, boolean, bytes, null nor a list of them`);
}

/** With what the format adds at most. */
function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = 100 + (key?.byteLength ?? 0) + (value?.byteLength ?? 0);
  for (const [name, values] of headers) {
    for (const value of values) bytes += 10 + Buffer.byteLength(name) + value.byteLength;
  }
  return bytes;
}

function invalid(problem: string, cause?: unknown): Error {
  return kafkaError('KAFKA_EVENT_INVALID', `An event can not be published: ${problem}.`, cause);
}
