import type { Capabilities } from '@millrace/core';
import type { KafkaSettings } from './options.ts';

/** What a partitioned log can do: it keeps one position a partition, and settles nothing one by one. */
export function capabilitiesOf({ order }: KafkaSettings): Capabilities {
  return {
    // Nothing is told to the broker by it: it says which events have left core.
    settle: 'ack',
    redelivery: 'none',
    deliveryCount: 'none',
    order: order === 'key' ? 'perKey' : 'perChannel',
    position: 'broker',
    replay: 'retention',
    exclusive: false,
    settleBatch: { size: 500, linger: 0 },
  };
}
