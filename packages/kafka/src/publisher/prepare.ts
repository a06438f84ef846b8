import { randomUUID } from 'node:crypto';
import type { Headers, HeaderValue } from '@millrace/core';
import { topicName } from '../check-options.ts';
import type { OutgoingBytes, OutgoingRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { OutgoingEvent } from './event.ts';
import type { PublisherSettings } from './options.ts';

type OutgoingHeader = OutgoingRecord['headers'][number];

const noHeaders: Headers = {};

/** An event ready to be sent. */
export interface Prepared {
  readonly id: string;
  readonly topic: string;
  readonly record: OutgoingRecord;
  /** What it takes in a batch. */
  readonly bytes: number;
}

/** `now`: milliseconds since 1970. Throws KAFKA_EVENT_INVALID, KAFKA_MESSAGE_TOO_LARGE, KAFKA_OPTIONS. */
export function prepare(event: OutgoingEvent, settings: PublisherSettings, now: number): Prepared {
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
  // The publisher's own was looked at before.
  if (topic !== settings.topic) topicName('topic', topic);
  const timestamp = time?.getTime() ?? now;
  if (Number.isNaN(timestamp)) throw invalid('its `time` is a Date that is invalid');
  if (partition !== undefined && !(Number.isSafeInteger(partition) && partition >= 0)) {
    throw invalid('its `partition` must be a whole number');
  }
  const { eventHeader, idHeader } = settings;
  const headers: OutgoingHeader[] = [];
  for (const [name, value] of Object.entries(event.headers ?? noHeaders)) {
    if (name !== eventHeader && name !== idHeader) addHeader(headers, name, value);
  }
  headers.push([eventHeader, type], [idHeader, id]);
  const record: OutgoingRecord = {
    key: typeof key === 'string' ? Buffer.from(key) : (key ?? null),
    value: payload(event.data),
    headers,
    timestamp,
    partition,
  };
  const bytes = sizeOf(record);
  if (bytes > settings.maxMessageBytes) {
    throw kafkaError(
      'KAFKA_MESSAGE_TOO_LARGE',
      `An event of type "${type}" takes ${bytes} bytes, and ${settings.maxMessageBytes} are allowed.`,
    );
  }
  return { id, topic, record, bytes };
}

function payload(data: unknown): OutgoingBytes | null {
  if (data === null || data === undefined) return null;
  if (data instanceof Uint8Array) return data;
  let text: string | undefined;
  try {
    text = JSON.stringify(data);
  } catch (cause) {
    throw invalid('its `data` can not be made JSON', cause);
  }
  if (text === undefined) throw invalid('its `data` can not be made JSON');
  return text;
}

function addHeader(headers: OutgoingHeader[], name: string, value: HeaderValue): void {
  if (Array.isArray(value)) {
    for (const item of value as readonly HeaderValue[]) addHeader(headers, name, item);
  } else headers.push([name, headerBytes(name, value)]);
}

function headerBytes(name: string, value: HeaderValue): OutgoingBytes {
  if (typeof value === 'string' || value instanceof Uint8Array) return value;
  if (value === null) return '';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw invalid(`its header "${name}" is neither text, number, boolean, bytes, null nor a list of them`);
}

/** With what the format adds at most. */
function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let bytes = 100 + (key?.length ?? 0) + (value === null ? 0 : Buffer.byteLength(value));
  for (const [name, one] of headers) bytes += 10 + Buffer.byteLength(name) + Buffer.byteLength(one);
  return bytes;
}

function invalid(problem: string, cause?: unknown): Error {
  return kafkaError('KAFKA_EVENT_INVALID', `An event can not be published: ${problem}.`, cause);
}
