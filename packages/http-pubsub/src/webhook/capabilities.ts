import type { Capabilities } from '@millrace/core';
import type { WebhookSettings } from './options.ts';

/** What comes of a sender that comes again until it hears 2xx; with `accepted`, what our own store can do. */
export function capabilitiesOf({ acceptStore, acceptLease, verifiers }: WebhookSettings): Capabilities {
  const waits = acceptStore !== undefined || verifiers.every(({ redelivery }) => redelivery === 'delayed');
  return {
    settle: 'ack+nack',
    redelivery: waits ? 'delayed' : 'immediate',
    deliveryCount: 'none',
    order: 'none',
    position: 'none',
    replay: 'none',
    exclusive: false,
    // What waits in a store is ours to give out again. Where a sender waits, it comes again by itself.
    ...(acceptStore && { lease: { milliseconds: acceptLease, maximum: Number.MAX_SAFE_INTEGER } }),
    // A sender waits for each: nobody is served by gathering them. With a store it saves commits.
    settleBatch: acceptStore ? { size: 64, linger: 5 } : { size: 64, linger: 0 },
  };
}
