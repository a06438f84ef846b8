import type { Capabilities } from '@millrace/core';
import type { WebsocketPubsubSettings } from './options.ts';

/** What a WebSocket can do: the broadcaster sends, may wait for confirmations, and keeps nothing. */
export function capabilitiesOf({ ackMode }: Pick<WebsocketPubsubSettings, 'ackMode'>): Capabilities {
  return {
    settle: ackMode === 'after-handler' ? 'ack' : 'none',
    redelivery: 'none',
    deliveryCount: 'none',
    order: 'none',
    position: 'none',
    replay: 'none',
    exclusive: false,
    // The broadcaster waits for each confirmation.
    settleBatch: { size: 100, linger: 0 },
  };
}
