import type { Capabilities } from '@millrace/core';
import type { PersistentSettings } from './options.ts';

/** A share of the message timeout, for what is on its way. */
const margin = 0.1;

/** Milliseconds from the receive within which the server must hear of an event. */
export function settleWithin(lease: number): number {
  return Math.floor(lease * (1 - margin));
}

/** What a consumer of a group can do. The server waits for nothing itself: delays are ours, and end with the lease. */
export function persistentCapabilities({ lease, bufferSize, dead }: PersistentSettings): Capabilities {
  return {
    settle: 'ack+nack',
    redelivery: 'delayed',
    parks: dead === 'park',
    maxRetryDelay: settleWithin(lease),
    deliveryCount: 'native',
    order: 'none',
    position: 'none',
    replay: 'none',
    exclusive: false,
    lease: { milliseconds: lease, maximum: lease },
    // The server sends on only when it hears of what it has sent: it must hear before its buffer has run empty.
    settleBatch: { size: Math.min(500, Math.ceil(bufferSize / 4)), linger: 5 },
  };
}
