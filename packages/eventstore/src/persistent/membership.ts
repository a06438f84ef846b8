import type { ResolvedEvent } from '../client.ts';
import type { SubscriptionReader } from '../catch-up/subscription-reader.ts';
import { readSubscription } from '../catch-up/subscription-reader.ts';
import { eventstoreError } from '../errors.ts';
import type { Group } from './group.ts';
import type { GroupSubscription } from './persistent-client.ts';

/** What the server is told of events. */
export type Action = 'ack' | 'park' | 'retry' | 'skip';

/** One subscription to a group, from when the server is asked for it until it is lost. */
export interface Membership {
  readonly reader: SubscriptionReader;
  /** Events that were taken and of which the server has not been told. */
  readonly unsettled: number;
  take(max: number): readonly ResolvedEvent[];
  /** Rejects when the subscription is over: the server has given its events to others already. */
  tell(action: Action, events: readonly ResolvedEvent[], reason?: string): Promise<void>;
  /** The server gives to others what it has not heard of. */
  leave(): Promise<void>;
}

export function joinGroup(group: Group, bufferSize: number): Membership {
  let subscription: GroupSubscription | undefined;
  let left = false;
  let unsettled = 0;
  /** Of those who wait for what they told. A promise that all of them race against would keep each of them for good. */
  const telling = new Set<(error: Error) => void>();
  const over = () => {
    for (const giveUp of telling) giveUp(lost(group));
  };
  const reader = readSubscription(() => (subscription = group.subscribe(bufferSize)));
  for (const event of ['error', 'end', 'close']) subscription?.on(event, over);

  return {
    reader,
    get unsettled() {
      return unsettled;
    },
    take(max) {
      const events = reader.take(max);
      unsettled += events.length;
      return events;
    },
    async tell(action, events, reason = '') {
      // Told when it is over, the client says nothing and does nothing.
      if (left || reader.ended || subscription === undefined) throw lost(group);
      const told =
        action === 'ack' ? subscription.ack(...events) : subscription.nack(action, reason, ...events);
      const settled = Promise.withResolvers<void>();
      telling.add(settled.reject);
      told.then(settled.resolve, settled.reject);
      try {
        await settled.promise;
      } finally {
        telling.delete(settled.reject);
      }
      unsettled -= events.length;
    },
    async leave() {
      left = true;
      over();
      await reader.stop();
    },
  };
}

function lost({ title }: Group) {
  return eventstoreError(
    'EVENTSTORE_UNREACHABLE',
    `${title} was left, or its connection lost, before the server was told of an event. It sends the event again.`,
  );
}
