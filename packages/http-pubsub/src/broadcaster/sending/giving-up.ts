import type { Logger } from '@millrace/core';
import type { DeliveryStore, Lease } from '../ports/delivery-store.ts';
import type { Metrics } from '../metrics.ts';
import type { Failure } from './outcome.ts';
import { originOf } from './origin.ts';
import type { Redelivery } from './schedule.ts';
import { nextHint, nextTry } from './schedule.ts';

export interface FailedDelivery {
  readonly lease: Lease;
  readonly url: string;
  readonly recovery: string | undefined;
  readonly topic: Uint8Array;
  /** This one included. */
  readonly attempts: number;
}

export interface AfterFailure {
  /** Tries again later, or gives up: then the subscriber is told that it missed something, and a dead letter is kept. */
  settle(delivery: FailedDelivery, failure: Failure): Promise<void>;
  /** Milliseconds until the next try, or undefined. */
  nextTry(attempts: number, failure: Failure): number | undefined;
  giveUp(delivery: FailedDelivery, reason: string): Promise<void>;
}

export interface AfterFailureOptions {
  readonly deliveries: DeliveryStore;
  readonly redelivery: Redelivery;
  readonly keepsDeadLetters: boolean;
  readonly random: () => number;
  readonly now: () => number;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function createAfterFailure(options: AfterFailureOptions): AfterFailure {
  const { deliveries, redelivery, keepsDeadLetters, random, now, metrics, log } = options;

  const next = (attempts: number, { permanent, retryAfter }: Failure) =>
    permanent ? undefined : nextTry(redelivery, attempts, random, retryAfter);

  async function giveUp(delivery: FailedDelivery, reason: string): Promise<void> {
    const { lease, url, recovery, topic, attempts } = delivery;
    // First the hint, and then the letter: dying in between makes it all happen again, and nothing less.
    if (recovery !== undefined)
      await deliveries.putHints([{ url, recovery, topic, delay: nextHint(0, random) }]);
    if (keepsDeadLetters) await deliveries.bury(lease, { attempts, failure: reason, diedAt: now() });
    else await deliveries.complete(lease);
    metrics.count('givenUp');
    log.warn('A message was given up for a subscriber.', { origin: originOf(url), attempts, reason });
  }

  return {
    nextTry: next,
    giveUp,
    async settle(delivery, failure) {
      const delay = next(delivery.attempts, failure);
      if (delay === undefined) return giveUp(delivery, failure.failure);
      const { lease, attempts } = delivery;
      await deliveries.reschedule(lease, { delay, attempts, failure: failure.failure });
    },
  };
}
