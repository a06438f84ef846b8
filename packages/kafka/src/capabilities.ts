import type { Capabilities } from '@millrace/core';
import type { KafkaSettings } from './options.ts';

/** What a partitioned log can do: it keeps one position a partition, and settles nothing one by one. */
export function capabilitiesOf(
  { order }: KafkaSettings,
  { concurrency, prefetch }: { readonly concurrency: number; readonly prefetch: number },
): Capabilities {
  return {
    // Nothing is told to the broker by it: it says which events have left core.
    settle: 'ack',
    redelivery: 'none',
    deliveryCount: 'none',
    order: order === 'key' ? 'perKey' : 'perChannel',
    position: 'broker',
    replay: 'retention',
    exclusive: false,
    // Half of what may be inside: the other half is enough to work on until more comes.
    settleBatch: { size: Math.max(1, Math.floor((concurrency + prefetch) / 2)), linger: 1 },
  };
}
