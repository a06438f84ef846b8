import type { Subscription } from '../subscriptions.ts';
import type { TransportHost } from '../transport.ts';
import type { PubSubClient } from './client.ts';
import type { Access } from './feed.ts';
import { openFeed } from './feed.ts';

/**
 * How far the clock here may be ahead of the server's, in milliseconds. The server does not tell its time, and an event
 * too many does less harm than one too few.
 */
const clockAllowance = 5_000;

/** A channel of which the host keeps the position. */
export function plainAccess(client: PubSubClient, subscription: Subscription, host: TransportHost): Access {
  return {
    start: () => host.start(subscription),
    fallBack: (cause) => host.fallBack(subscription, cause),
    isNew: () => true,
    open(start, token) {
      // The server says nothing until there is an event or a sign of life, so this is when the tip was asked for.
      if (start.from === 'latest')
        host.subscribedAtTip(subscription, host.context.clock.now() - clockAllowance);
      return openFeed(client, subscription.channel, start, token);
    },
  };
}
