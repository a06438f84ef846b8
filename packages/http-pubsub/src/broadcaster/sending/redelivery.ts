import type { Clock, Logger } from '@millrace/core';
import { wait } from '@millrace/core';
import type { Metrics } from '../metrics.ts';
import type { BroadcasterStore } from '../ports/broadcaster-store.ts';
import type { LeasedDelivery, LeasedHint } from '../ports/delivery-store.ts';
import type { Attempts } from './attempts.ts';
import type { AfterFailure } from './giving-up.ts';
import type { Outcome } from './outcome.ts';
import type { Pace } from './pace.ts';
import { mostHintTries, nextHint } from './schedule.ts';
import type { Standing } from './standing.ts';

export interface RedeliveryWorkerOptions {
  readonly store: BroadcasterStore;
  readonly attempts: Attempts;
  readonly after: AfterFailure;
  readonly standing: Standing;
  readonly pace: Pace;
  /** A dead letter goes when its subscriber confirmed that it knows. */
  readonly forgetsWhatWasTold: boolean;
  readonly owner: string;
  /** Leased at the same time: all, and of one URL in one go. */
  readonly most: number;
  readonly mostPerUrl: number;
  /** Milliseconds between two looks for what others have put into the store. */
  readonly interval: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Attempts that this aborts count as not made. */
  readonly abort: AbortSignal;
}

/** Tries again what is due, and tells of what was missed; together with all who share the store. */
export interface RedeliveryWorker {
  start(): void;
  /** There is something new. */
  wake(): void;
  /** Takes nothing more; resolves when what runs is over. */
  stop(): Promise<void>;
  readonly running: number;
}

/** Milliseconds: what somebody else has just taken may still look due. */
const shortest = 10;

export function createRedeliveryWorker(options: RedeliveryWorkerOptions): RedeliveryWorker {
  const { store, attempts, after, standing, pace, owner, clock, random, metrics, log, abort } = options;
  const { subscriptions, deliveries } = store;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();
  let nudge = new AbortController();
  let loop: Promise<void> | undefined;

  /** The lease has to outlast the wait for a slot, too. */
  const lease = 2 * attempts.longest;

  async function inTime(
    begin: (withdrawn: AbortSignal) => Promise<Outcome | undefined>,
  ): Promise<Outcome | undefined> {
    const late = new AbortController();
    const cancel = clock.setTimeout(() => late.abort(), attempts.longest);
    try {
      const outcome = await begin(AbortSignal.any([late.signal, stopping.signal]));
      return abort.aborted ? undefined : outcome;
    } finally {
      cancel();
    }
  }

  /** It was not tried. */
  async function putOff(leased: LeasedDelivery | LeasedHint, delay: number): Promise<void> {
    await deliveries.reschedule(leased, { delay, attempts: leased.attempts, failure: undefined });
  }

  async function redeliver(delivery: LeasedDelivery): Promise<void> {
    const { url, recovery, message } = delivery;
    const { topic } = message;
    const [subscriber] = await subscriptions.match(topic, { url });
    if (!subscriber) {
      const given = { lease: delivery, url, recovery: undefined, topic, attempts: delivery.attempts };
      return after.giveUp(given, 'It is disabled, or not subscribed any more.');
    }
    const delay = await pace.tryTurn(subscriber);
    if (delay !== undefined) return putOff(delivery, delay);
    const outcome = await inTime((withdrawn) => attempts.message(subscriber, message, withdrawn));
    if (outcome === undefined) {
      await putOff(delivery, 0);
    } else if (outcome.kind === 'failed') {
      await after.settle({ lease: delivery, url, recovery, topic, attempts: delivery.attempts + 1 }, outcome);
    } else await deliveries.complete(delivery);
  }

  async function tellMissed(hint: LeasedHint): Promise<void> {
    const { url, topic } = hint;
    const [subscriber] = await subscriptions.match(topic, { url });
    if (!subscriber) {
      await deliveries.complete(hint);
      return;
    }
    // Whoever says how often it may be called means all that comes.
    const delay = await pace.tryTurn(subscriber);
    if (delay !== undefined) return putOff(hint, delay);
    const outcome = await inTime((withdrawn) => attempts.hint(hint, withdrawn));
    if (outcome === undefined) return putOff(hint, 0);
    if (outcome.kind === 'failed') return tryHintLater(hint, outcome.failure);
    if (outcome.kind === 'confirmed') metrics.count('hintsConfirmed');
    else await standing.note(subscriber, outcome);
    const isOurs = await deliveries.complete(hint);
    if (isOurs && options.forgetsWhatWasTold) await store.undelivered.purge({ url, topic });
  }

  async function tryHintLater(hint: LeasedHint, failure: string): Promise<void> {
    const tried = hint.attempts + 1;
    if (tried < mostHintTries) {
      await deliveries.reschedule(hint, { delay: nextHint(tried, random), attempts: tried, failure });
      return;
    }
    // Its subscriptions stay: the dead letters say what it does not know.
    metrics.count('hintsGivenUp');
    await deliveries.complete(hint);
  }

  function handle(leased: LeasedDelivery | LeasedHint): void {
    const work = (leased.kind === 'message' ? redeliver(leased) : tellMissed(leased))
      .catch((error: unknown) => {
        log.warn('A delivery could not be settled; it is made again when its lease is over.', { error });
      })
      .finally(() => {
        running.delete(work);
        nudge.abort();
      });
    running.add(work);
  }

  /** Milliseconds until there may be something to do. */
  async function takeWhatIsDue(): Promise<number> {
    const limit = options.most - running.size;
    if (limit <= 0) return options.interval;
    const leased = await deliveries.lease({ owner, lease, limit, perUrl: options.mostPerUrl });
    leased.forEach(handle);
    if (leased.length > 0) return 0;
    return Math.max(shortest, Math.min(options.interval, (await deliveries.nextDue()) ?? Infinity));
  }

  async function work(): Promise<void> {
    while (!stopping.signal.aborted) {
      nudge = new AbortController();
      let pause: number;
      try {
        pause = await takeWhatIsDue();
      } catch (error) {
        log.error('The store can not tell what is to be tried again.', { error });
        pause = options.interval;
      }
      if (pause > 0) await wait(clock, pause, AbortSignal.any([nudge.signal, stopping.signal]));
    }
    await Promise.all(running);
  }

  return {
    start() {
      loop ??= work();
    },
    wake: () => nudge.abort(),
    async stop() {
      stopping.abort();
      await loop;
    },
    get running() {
      return running.size;
    },
  };
}
