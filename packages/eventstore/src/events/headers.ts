import type { Headers, HeaderValue } from '@millrace/core';
import type { ResolvedEvent } from '../client.ts';

/**
 * The event's metadata, one header each, and where it comes from: `eventstore.stream`, `eventstore.revision`, and of an
 * event reached by a link `eventstore.link.stream` and `eventstore.link.revision`. Metadata that is no JSON object is
 * `eventstore.metadata`; a value that no header can have is its JSON text.
 */
export function headersOf({ event, link }: ResolvedEvent): Headers {
  const headers: Record<string, HeaderValue> = Object.create(null);
  const { metadata } = event ?? {};
  if (isPlainObject(metadata)) {
    for (const [name, value] of Object.entries(metadata)) headers[name] = toHeader(value);
  } else if (metadata !== undefined) {
    headers['eventstore.metadata'] = toHeader(metadata);
  }
  if (event) {
    headers['eventstore.stream'] = event.streamId;
    headers['eventstore.revision'] = String(event.revision);
  }
  if (link) {
    headers['eventstore.link.stream'] = link.streamId;
    headers['eventstore.link.revision'] = String(link.revision);
  }
  return headers;
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

function toHeader(value: unknown): HeaderValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Uint8Array) return value;
  return Array.isArray(value) && value.every(isSimple) ? value : JSON.stringify(value);
}

function isSimple(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
