import type { Capabilities } from '@millrace/core';
import type { SalesforceSettings } from './options.ts';

/** What streaming from an org can do: nothing is settled one by one, all that is retained can be read again. */
export function capabilitiesOf({ events, exclusive, pubsub }: SalesforceSettings): Capabilities {
  const { decode, order = 'channel' } = events;
  return {
    settle: 'none',
    redelivery: 'none',
    deliveryCount: 'none',
    // `decode` may give keys of its own.
    order: order === 'channel' && !decode ? 'perChannel' : 'perKey',
    position: pubsub.managedSubscription === undefined ? 'opaque' : 'broker',
    replay: 'retention',
    exclusive,
    settleBatch: { size: 100, linger: 0 },
  };
}
