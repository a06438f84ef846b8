import type { Headers } from '@millrace/core';
import type { DecodeSettings } from './options.ts';

/** The name in an event's attributes; empty when there is none. */
export function nameInHeaders(headers: Headers, { eventAttribute }: DecodeSettings): string {
  const name = headers[eventAttribute];
  return typeof name === 'string' ? name : '';
}

/** The name in an event's payload, when the user says where it is. Throws what the user's function throws. */
export function nameInPayload(data: unknown, { eventFrom }: DecodeSettings): string | undefined {
  if (eventFrom === undefined) return undefined;
  const name = typeof eventFrom === 'string' ? at(data, eventFrom) : eventFrom(data);
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Follows a path such as `detail.type`. */
function at(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}
