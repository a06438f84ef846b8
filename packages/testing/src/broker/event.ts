import type { Headers, Incoming } from '@millrace/core';
import { MillraceError } from '@millrace/core';

/** What a test publishes. */
export interface TestEvent {
  readonly type: string;
  readonly data?: unknown;
  /**
   * Identifies the event: publishing an id again is a duplicate.
   * @default one that was not used yet
   */
  readonly id?: string;
  /** What the broker orders by, where it does. */
  readonly key?: string;
  readonly headers?: Headers;
}

/** An event as a broker keeps it. */
export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly headers: Headers;
  readonly key: string | undefined;
  readonly raw: string | Uint8Array;
  /** Milliseconds since 1970. */
  readonly publishedAt: number;
}

export function store(event: TestEvent, id: string, publishedAt: number): StoredEvent {
  const { type, key, headers = {}, data = null } = event;
  return { id, type, key, headers, raw: JSON.stringify(data), publishedAt };
}

/** What an adapter makes of it: garbage becomes a failure, never an exception. */
export function toIncoming(event: StoredEvent, delivery: Partial<Incoming>): Incoming {
  const { id, type, headers, key, raw, publishedAt } = event;
  const common = { id, type, headers, key, raw, time: new Date(publishedAt), native: event, ...delivery };
  try {
    return {
      ...common,
      data: JSON.parse(typeof raw === 'string' ? raw : new TextDecoder('utf-8', { fatal: true }).decode(raw)),
    };
  } catch (cause) {
    const failure = new MillraceError('PAYLOAD_UNDECODABLE', `Event ${id} is not JSON in UTF-8.`, { cause });
    return { ...common, data: undefined, failure };
  }
}
