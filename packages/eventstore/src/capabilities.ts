import type { Capabilities } from '@millrace/core';
import type { CatchUpSettings } from './options.ts';

/** What a subscription that keeps its own place can do: nothing is settled one by one, all can be read again. */
export function catchUpCapabilities({ mode, exclusive }: CatchUpSettings): Capabilities {
  return {
    settle: 'none',
    redelivery: 'none',
    deliveryCount: 'none',
    order: 'perKey',
    position: mode === 'live' ? 'none' : 'opaque',
    replay: mode === 'live' ? 'none' : 'all',
    exclusive,
    settleBatch: { size: 100, linger: 0 },
  };
}
