import type { Capabilities } from '@millrace/core';

/**
 * What a broadcaster that calls can do. One that does not deliver again keeps nothing: what it could not deliver is known as
 * missed, and gone.
 */
export function capabilitiesOf(redelivers: boolean): Capabilities {
  return {
    settle: 'ack+nack',
    redelivery: redelivers ? 'delayed' : 'none',
    deliveryCount: 'none',
    order: 'none',
    position: 'none',
    replay: 'none',
    exclusive: false,
    // Somebody waits for each answer.
    settleBatch: { size: 100, linger: 0 },
  };
}
