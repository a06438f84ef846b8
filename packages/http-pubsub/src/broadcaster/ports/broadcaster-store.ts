import type { ReplayGuard } from '../../wire/auth/replay-guard.ts';
import type { UndeliveredMessages } from './dead-letters.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { ReplayLog } from './replay-log.ts';
import type { SubscriptionStore } from './subscription-store.ts';

/** All that a broadcaster remembers. Several broadcasters with one store share the work. */
export interface BroadcasterStore {
  readonly subscriptions: SubscriptionStore;
  readonly deliveries: DeliveryStore;
  readonly undelivered: UndeliveredMessages;
  readonly log: ReplayLog;
  /** For the HMAC schemes of all broadcasters that share a secret. */
  readonly replayGuard: ReplayGuard;
  close(): Promise<void>;
}
