import type { Clock, Logger } from '@millrace/core';
import type { Subscriber, SubscriptionStore } from '../ports/subscription-store.ts';
import { originOf } from './origin.ts';
import type { Outcome } from './outcome.ts';

/** What an outcome means for the subscriber itself: whether it is well, to be left alone, or to be forgotten. */
export interface Standing {
  /** Never rejects: what a store can't note now it will be told the next time. */
  note(subscriber: Subscriber, outcome: Outcome): Promise<void>;
}

export interface StandingOptions {
  readonly subscriptions: SubscriptionStore;
  /** Milliseconds of failures after which a URL is disabled. */
  readonly disableAfter: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createStanding({ subscriptions, disableAfter, clock, log }: StandingOptions): Standing {
  async function disable(url: string, reason: string): Promise<void> {
    await subscriptions.disable({ url, reason, at: clock.now() });
    log.warn('A subscriber was disabled.', { origin: originOf(url), reason });
  }

  async function change(subscriber: Subscriber, outcome: Outcome): Promise<void> {
    const { url, failingSince } = subscriber;
    switch (outcome.kind) {
      case 'confirmed':
        if (failingSince !== undefined) await subscriptions.recovered(url);
        return;
      case 'unsubscribe':
        for (const { wanted } of subscriber.subscriptions) await subscriptions.unsubscribe(url, wanted);
        log.info('A subscriber unsubscribed in its answer.', { origin: originOf(url) });
        return;
      case 'gone':
        return disable(url, 'It answered 410.');
      case 'failed': {
        const now = clock.now();
        const since = failingSince ?? (await subscriptions.failing(url, now));
        if (now - since >= disableAfter) await disable(url, `It has failed for ${disableAfter} ms.`);
      }
    }
  }

  return {
    async note(subscriber, outcome) {
      try {
        await change(subscriber, outcome);
      } catch (error) {
        log.warn('The store could not note how a subscriber is.', {
          origin: originOf(subscriber.url),
          error,
        });
      }
    },
  };
}
