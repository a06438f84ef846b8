import { isJson, mediaType } from '../media-type.ts';
import type { Payload } from '../payload.ts';
import { readJson, readPayload, readText, undecodable } from '../payload.ts';
import type { WebhookEvent } from '../verifier.ts';
import type { Attributes } from './attributes.ts';
import { describe } from './attributes.ts';

/** In a few words what is wrong with the request. */
export type Problem = { readonly problem: string };

/** One event as `application/cloudevents+json`. */
export function readStructured(body: Uint8Array): readonly WebhookEvent[] | Problem {
  const value = readValue(body);
  if (value === undefined) return { problem: 'json' };
  const event = toEvent(value);
  return 'problem' in event ? event : [event];
}

/** Several as `application/cloudevents-batch+json`. None at all is a batch too. */
export function readBatch(body: Uint8Array, maxBatch: number): readonly WebhookEvent[] | Problem {
  const value = readValue(body);
  if (!Array.isArray(value)) return { problem: 'json' };
  if (value.length > maxBatch) return { problem: 'batch-size' };
  const events: WebhookEvent[] = [];
  for (const element of value as readonly unknown[]) {
    const event = toEvent(element);
    if ('problem' in event) return event;
    // Dead letters keep what the event was, not all of its batch.
    events.push({ ...event, raw: JSON.stringify(element) });
  }
  return events;
}

function readValue(body: Uint8Array): unknown {
  const text = readText(body);
  const payload = text === undefined ? undefined : readJson(text);
  return payload && 'data' in payload ? payload.data : undefined;
}

function toEvent(value: unknown): WebhookEvent | Problem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { problem: 'json' };
  const { data, data_base64: base64, ...members } = value as Readonly<Record<string, unknown>>;
  const attributes: Record<string, string | number | boolean> = Object.create(null);
  for (const [name, member] of Object.entries(members)) {
    if (member === null) continue;
    if (typeof member !== 'string' && typeof member !== 'number' && typeof member !== 'boolean')
      return { problem: 'attribute-value' };
    attributes[name] = member;
  }
  const described = describe(attributes);
  if ('problem' in described) return described;
  if (base64 !== undefined && base64 !== null) {
    if (data !== undefined) return { problem: 'data' };
    return withPayload(described, readBase64(base64, attributes));
  }
  return { ...described, data };
}

/** Bytes, unless they are said to be JSON. */
function readBase64(base64: unknown, { datacontenttype }: Attributes): Payload {
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined;
  // Buffer reads over what it does not know.
  if (bytes === undefined || bytes.toString('base64') !== base64)
    return undecodable('`data_base64` is not Base64');
  const type = mediaType(datacontenttype === undefined ? undefined : String(datacontenttype));
  return readPayload(bytes, type !== undefined && isJson(type) ? 'json' : 'bytes');
}

export function withPayload(
  described: Omit<WebhookEvent, 'data' | 'failure'>,
  payload: Payload,
): WebhookEvent {
  return 'data' in payload
    ? { ...described, data: payload.data }
    : { ...described, data: undefined, failure: payload.failure };
}
