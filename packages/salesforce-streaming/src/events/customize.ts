import type { Headers } from '@millrace/core';
import type { DecodedEvent, EventOptions, SalesforceEvent } from './options.ts';

export interface CustomizedEvent {
  readonly event: SalesforceEvent;
  readonly key: string | undefined;
}

/**
 * Lets the user's functions have their say. Where `decode` may give keys the source orders by key, and the channel is the
 * key of events for which it gives none. Throws what they throw, and a TypeError when what they say makes no sense. */
export function customize(
  event: SalesforceEvent,
  { decode, order = 'channel' }: EventOptions,
): CustomizedEvent {
  const customized = decode ? apply(event, decode(event)) : { event, key: undefined };
  if (customized.key !== undefined) return customized;
  if (order === 'channel') return decode ? { ...customized, key: event.channel } : customized;
  const key = order(customized.event);
  assertText('The key that `order` gives', key);
  return { event: customized.event, key };
}

function apply(event: SalesforceEvent, said: DecodedEvent | undefined): CustomizedEvent {
  if (said === undefined) return { event, key: undefined };
  if (typeof said !== 'object' || said === null || 'then' in said)
    throw new TypeError('`decode` must give an object or undefined, and can not be asynchronous.');
  const { type = event.type, id = event.id, time = event.time, key, headers } = said;
  assertText('The type that `decode` gives', type);
  assertText('The id that `decode` gives', id);
  assertText('The key that `decode` gives', key);
  if (id === '') throw new TypeError('The id that `decode` gives must not be empty.');
  if (time !== undefined && (!(time instanceof Date) || Number.isNaN(time.getTime())))
    throw new TypeError('The time that `decode` gives must be a valid Date.');
  const data = 'data' in said ? said.data : event.data;
  return {
    event: {
      ...event,
      type,
      id,
      data,
      time,
      headers: headers ? withHeaders(event.headers, headers) : event.headers,
    },
    key,
  };
}

function assertText(what: string, value: unknown): void {
  if (value !== undefined && typeof value !== 'string') throw new TypeError(`${what} must be a text.`);
}

function withHeaders(headers: Headers, more: Headers): Headers {
  return Object.assign(Object.create(null) as Record<string, never>, headers, more);
}
