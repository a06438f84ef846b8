import type { Headers, HeaderValue } from '@millrace/core';

/**
 * What Millrace's publisher and broadcaster tell of an event beside its topic and bytes. It travels in the tracing field,
 * which is opaque to every peer and covered by the HMAC.
 */
export interface EventFacts {
  /** Identifies the event from publisher to handler, however often it comes. */
  readonly id?: string | undefined;
  /** What the publisher wants kept in order. */
  readonly key?: string | undefined;
  readonly time?: Date | undefined;
  readonly headers?: Headers | undefined;
  /** Its place in the broadcaster's log of the topic. */
  readonly sequence?: number | undefined;
}

/** No text of UTF-8 starts with the first byte, nor does the trace of lonelypss. */
const mark = Buffer.from([0xff, 0x4d, 0x52, 0x01]);

/** JSON after a mark. More than 65,535 bytes do not fit into a tracing field. */
export function encodeEventFacts({ id, key, time, headers, sequence }: EventFacts): Buffer {
  const facts = {
    id,
    key,
    time: time?.getTime(),
    headers: headers && Object.entries(headers).map(([name, value]) => [name, toJson(value)]),
    sequence,
  };
  return Buffer.concat([mark, Buffer.from(JSON.stringify(facts))]);
}

/** Undefined: there are none, the tracing is somebody else's, or garbage. What is not of its type is left out. */
export function eventFacts(tracing: Uint8Array): EventFacts | undefined {
  if (tracing[0] !== mark[0]) return undefined;
  const bytes = Buffer.from(tracing.buffer, tracing.byteOffset, tracing.byteLength);
  if (!bytes.subarray(0, mark.length).equals(mark)) return undefined;
  const parsed = parse(bytes.subarray(mark.length).toString());
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { id, key, time, headers, sequence }: Partial<Record<keyof EventFacts, unknown>> = parsed;
  return {
    ...(typeof id === 'string' && id !== '' && { id }),
    ...(typeof key === 'string' && { key }),
    ...(isTime(time) && { time: new Date(time) }),
    ...(Array.isArray(headers) && { headers: toHeaders(headers) }),
    ...(Number.isSafeInteger(sequence) && { sequence: sequence as number }),
  };
}

/** Bytes are an object, which nothing else is. */
function toJson(value: HeaderValue): unknown {
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('base64') };
  return Array.isArray(value) ? value.map(toJson) : value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The range of dates. */
function isTime(time: unknown): time is number {
  return typeof time === 'number' && Math.abs(time) <= 8.64e15;
}

function toHeaders(entries: readonly unknown[]): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null);
  for (const entry of entries) {
    if (!Array.isArray(entry) || typeof entry[0] !== 'string') continue;
    const value = toHeader(entry[1], 0);
    if (value !== undefined) headers[entry[0]] = value;
  }
  return headers;
}

/** Deeper lists are nobody's headers. */
const maxDepth = 16;

function toHeader(value: unknown, depth: number): HeaderValue | undefined {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'object':
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (!Array.isArray(value)) {
    const { bytes }: { readonly bytes?: unknown } = value;
    return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
  }
  if (depth === maxDepth) return undefined;
  const items = value.map((item) => toHeader(item, depth + 1));
  return items.every((item) => item !== undefined) ? items : undefined;
}
