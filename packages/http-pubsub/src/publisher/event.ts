import { randomUUID } from 'node:crypto';
import type { Clock, Headers } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import { encodeEventFacts } from '../wire/event-facts.ts';

/** What is told of an event beside its topic and bytes, to those that understand it: Millrace's subscribers. */
export interface EventOptions {
  /**
   * Identifies the event, so that it takes effect once however often it comes.
   * @default a random UUID
   */
  readonly id?: string;
  /** What is to be kept in order. */
  readonly key?: string;
  /** @default now */
  readonly time?: Date;
  readonly headers?: Headers;
}

/** Bytes of a tracing field. */
const most = 65_535;

/** Throws PUBSUB_OPTIONS. */
export function tracingOf({ id = randomUUID(), key, time, headers }: EventOptions, clock: Clock): Buffer {
  const tracing = encodeEventFacts({ id, key, time: time ?? new Date(clock.now()), headers });
  if (tracing.length <= most) return tracing;
  throw httpPubsubError(
    'PUBSUB_OPTIONS',
    `The id, key and headers of an event have ${tracing.length} bytes together, and ${most} is the most.`,
  );
}
