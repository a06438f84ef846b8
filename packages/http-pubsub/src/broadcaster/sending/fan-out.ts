import { randomUUID } from 'node:crypto';
import type { Clock, Logger } from '@millrace/core';
import { httpPubsubError } from '../../errors.ts';
import type { LocalSubscribers } from '../local-subscribers.ts';
import type { Metrics } from '../metrics.ts';
import type { NewDelivery } from '../ports/delivery-store.ts';
import type { BroadcasterStore } from '../ports/broadcaster-store.ts';
import type { PublishedMessage } from '../ports/message.ts';
import type { Subscriber } from '../ports/subscription-store.ts';
import type { Attempts } from './attempts.ts';
import type { AfterFailure } from './giving-up.ts';
import type { Outcome } from './outcome.ts';
import type { Pace } from './pace.ts';

export interface FanOutOptions {
  readonly store: BroadcasterStore;
  readonly attempts: Attempts;
  readonly after: AfterFailure;
  readonly pace: Pace;
  readonly local: LocalSubscribers;
  /** This broadcaster's own URL among the subscribers: its local ones are told without a detour. */
  readonly selfUrl: string | undefined;
  readonly copies: 'per-url' | 'per-subscription';
  /** Milliseconds that a publisher waits for subscribers. */
  readonly patience: number;
  /** Ends the patience of all. */
  readonly hurry: AbortSignal;
  readonly owner: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Something was put into the store. */
  readonly postponed: () => void;
}

export interface FanOut {
  /**
   * Tells all subscribers, and answers how many were reached. Those that were not by then are in the store, to be tried
   * again. Rejects with PUBSUB_NOT_PUBLISHED when the store can't tell or keep them; some may have been reached then.
   */
  tell(message: PublishedMessage): { readonly reached: Promise<number>; readonly over: Promise<void> };
}

/** The reply counts them in four bytes. */
const mostSubscribers = 2 ** 32 - 1;

interface Telling {
  readonly subscriber: Subscriber;
  readonly id: string;
  state: 'waiting' | 'sending' | Outcome;
  readonly end: Promise<Outcome | undefined>;
}

export function createFanOut(options: FanOutOptions): FanOut {
  const { store, attempts, after, pace, local, selfUrl, copies, patience } = options;
  const { hurry, owner, clock, metrics, log } = options;

  function targetsOf(subscribers: readonly Subscriber[]): readonly Subscriber[] {
    const others = subscribers.filter(({ url }) => url !== selfUrl);
    if (copies === 'per-url') return others;
    return others.flatMap((it) => it.subscriptions.map((one) => ({ ...it, subscriptions: [one] })));
  }

  /** A store that can't tell is no reason to call more often than is allowed. */
  async function hasTurnFor(subscriber: Subscriber, withdrawn: AbortSignal): Promise<boolean> {
    try {
      return await pace.turn(subscriber, withdrawn);
    } catch (error) {
      log.warn('The store can not tell when a subscriber may be called.', { error });
      return false;
    }
  }

  async function attempt(
    subscriber: Subscriber,
    message: PublishedMessage,
    withdrawn: AbortSignal,
    began: () => void,
  ): Promise<Outcome | undefined> {
    if (!(await hasTurnFor(subscriber, withdrawn))) return undefined;
    return await attempts.message(subscriber, message, withdrawn, began);
  }

  function begin(subscriber: Subscriber, message: PublishedMessage, withdrawn: AbortSignal): Telling {
    const telling: { -readonly [K in keyof Telling]: Telling[K] } = {
      subscriber,
      id: randomUUID(),
      state: 'waiting',
      end: Promise.resolve(undefined),
    };
    const began = () => {
      telling.state = 'sending';
    };
    telling.end = attempt(subscriber, message, withdrawn, began).then((outcome) => {
      if (outcome) telling.state = outcome;
      return outcome;
    });
    return telling;
  }

  function untilAnswered(tellings: readonly Telling[]): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        cancel();
        hurry.removeEventListener('abort', finish);
        resolve();
      };
      const cancel = clock.setTimeout(finish, patience);
      hurry.addEventListener('abort', finish, { once: true });
      if (hurry.aborted) finish();
      void Promise.all(tellings.map(({ end }) => end)).then(finish);
    });
  }

  function deliveryOf({ subscriber, id, state }: Telling): NewDelivery {
    const delivery = {
      id,
      url: subscriber.url,
      recovery: recoveryOf(subscriber),
      attempts: 0,
      failure: undefined,
    };
    if (state === 'waiting') return { ...delivery, delay: 0 };
    if (state === 'sending' || state.kind !== 'failed') return { ...delivery, delay: undefined };
    return { ...delivery, attempts: 1, failure: state.failure, delay: after.nextTry(1, state) };
  }

  /** What is leased is settled when its end is known, after the publisher has its answer. */
  async function settle(telling: Telling, delivery: NewDelivery, message: PublishedMessage): Promise<void> {
    const outcome = await telling.end;
    if (delivery.delay !== undefined || outcome === undefined) return;
    const lease = { id: telling.id, owner, fence: 1 };
    try {
      if (outcome.kind === 'failed') {
        const { url, recovery } = delivery;
        await after.settle({ lease, url, recovery, topic: message.topic, attempts: 1 }, outcome);
      } else await store.deliveries.complete(lease);
    } catch (error) {
      log.warn('The store could not note the end of a delivery; it is made again when its lease is over.', {
        error,
      });
    }
  }

  async function postpone(
    tellings: readonly Telling[],
    message: PublishedMessage,
  ): Promise<readonly Promise<void>[]> {
    const open = tellings.filter(({ state }) => typeof state === 'string' || state.kind === 'failed');
    if (open.length === 0) return [];
    const deliveries = open.map(deliveryOf);
    const verdict = await store.deliveries.put(message, deliveries, { owner, lease: attempts.longest });
    if (verdict === 'full') throw new Error('The store has no room for what is to be tried again.');
    metrics.count('postponed', open.length);
    options.postponed();
    return open.map((telling, index) => {
      const delivery = deliveries[index];
      return delivery ? settle(telling, delivery, message) : Promise.resolve();
    });
  }

  return {
    tell(message) {
      let tellings: readonly Telling[] = [];
      let settled: readonly Promise<void>[] = [];
      let handedOn: Promise<number> | undefined;

      async function tell(): Promise<number> {
        const withdrawn = new AbortController();
        const targets = targetsOf(await store.subscriptions.match(message.topic));
        handedOn = local.receive(message);
        tellings = targets.map((subscriber) => begin(subscriber, message, withdrawn.signal));
        await untilAnswered(tellings);
        if (tellings.some(({ state }) => state === 'waiting')) withdrawn.abort();
        settled = await postpone(tellings, message);
        const handed = await handedOn;
        metrics.count('local', handed);
        const confirmed = tellings.reduce((sum, { state }) => sum + reachedBy(state), 0);
        return Math.min(mostSubscribers, handed + confirmed);
      }

      const reached = tell().catch((error: unknown) => {
        throw httpPubsubError(
          'PUBSUB_NOT_PUBLISHED',
          'The message could not be published: the store can not tell its subscribers, or not keep it for those that could not be reached. Some may have it.',
          error,
        );
      });
      const over = reached
        .catch(() => {})
        .then(() => Promise.all([handedOn, ...tellings.map(({ end }) => end), ...settled]))
        .then(() => {});
      return { reached, over };
    },
  };
}

function reachedBy(state: Telling['state']): number {
  return typeof state === 'object' && state.kind === 'confirmed' ? state.subscribers : 0;
}

/** That of the subscription to the topic itself, if there is one. */
function recoveryOf({ subscriptions }: Subscriber): string | undefined {
  return subscriptions.find(({ recovery }) => recovery !== undefined)?.recovery;
}
