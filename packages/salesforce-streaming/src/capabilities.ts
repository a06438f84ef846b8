import type { Capabilities } from '@millrace/core';
import type { SalesforceSettings } from './options.ts';

/** What streaming from an org can do: nothing is settled one by one, all that is retained can be read again. */
export function capabilitiesOf({ events, exclusive, pubsub }: SalesforceSettings): Capabilities {
  return {
    settle: 'none',
    redelivery: 'none',
    deliveryCount: 'none',
    order: (events.order ?? 'channel') === 'channel' ? 'perChannel' : 'perKey',
    position: pubsub.managedSubscription === undefined ? 'opaque' : 'broker',
    replay: 'retention',
    exclusive,
    settleBatch: { size: 100, linger: 0 },
  };
}
