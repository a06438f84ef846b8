import { randomUUID } from 'node:crypto';
import { wait } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import { originHeader } from '../handshake/refusal.ts';
import type { Route } from '../listener/route.ts';
import { outgoing as createOutgoing } from '../outgoing/outgoing.ts';
import { targetGuard } from '../outgoing/target-guard.ts';
import type { EventFacts } from '../wire/event-facts.ts';
import { encodeEventFacts } from '../wire/event-facts.ts';
import { createAccess } from './access/clients.ts';
import { forWebsocketsRoutes } from './endpoints/for-websockets.ts';
import type { Ownership } from './endpoints/ownership.ts';
import { askedOwnership, checkedOwnership } from './endpoints/ownership.ts';
import { notifyRoute } from './endpoints/notify.ts';
import { replayRoute } from './endpoints/replay.ts';
import { setRoutes } from './endpoints/set-subscriptions.ts';
import { subscribeRoutes } from './endpoints/subscribe.ts';
import type { BroadcasterHealth } from './health.ts';
import type { LocalSubscribers } from './local-subscribers.ts';
import { createAttachedSubscribers } from './local-subscribers.ts';
import type { Counter } from './metrics.ts';
import { createMetrics } from './metrics.ts';
import type { BroadcasterOptions } from './options.ts';
import { checkBroadcasterOptions } from './options.ts';
import type { UndeliveredMessages } from './ports/dead-letters.ts';
import type { DeliveryCounts } from './ports/delivery-store.ts';
import type { Published } from './publishing.ts';
import { createPublishing } from './publishing.ts';
import { createAttempts } from './sending/attempts.ts';
import { createFanOut } from './sending/fan-out.ts';
import { createAfterFailure } from './sending/giving-up.ts';
import { createPace } from './sending/pace.ts';
import { createProbe } from './sending/probe.ts';
import { createRedeliveryWorker } from './sending/redelivery.ts';
import { createSender } from './sending/sender.ts';
import { createSlots } from './sending/slots.ts';
import { createStanding } from './sending/standing.ts';
import { createSpool } from './spool/spool.ts';

/** Who takes messages in from publishers and posts them to subscribers, as lonelyps means it, and tries again what failed. */
export interface Broadcaster {
  /** For a listener: `listener.attach(broadcaster.routes)`. */
  readonly routes: readonly Route[];
  /** Publishes from inside of the process. Rejects with PUBSUB_NOT_PUBLISHED. */
  notify(
    topic: Uint8Array | string,
    data: Uint8Array | string | AsyncIterable<Uint8Array>,
    facts?: EventFacts & {
      /** Bytes of `data`, which a stream needs. */
      readonly length?: number;
    },
  ): Promise<Published>;
  /** Subscribers that are connected to this process. The returned function detaches them. */
  attachLocal(subscribers: LocalSubscribers): () => void;
  /** What subscribers did not take: to be looked at, sent again, and thrown away. */
  readonly undelivered: UndeliveredMessages;
  /** Begins with what is to be tried again. Publishing works without. */
  start(): void;
  /**
   * No more is published (503), what is under way gets its time to end, and what did not is in the store: whoever starts with it
   * next goes on. May be called twice.
   */
  stop(): Promise<void>;
  health(): Promise<BroadcasterHealth>;
  metrics(): Promise<BroadcasterMetrics>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface BroadcasterMetrics {
  /** Counted by this process, since its begin. */
  readonly counts: Readonly<Record<Counter, number>>;
  /** As of now. */
  readonly now: {
    readonly publishing: number;
    readonly sending: number;
    /** Attempts that wait for a slot. */
    readonly waiting: number;
    readonly redelivering: number;
    /** Bytes in files. */
    readonly spooled: number;
  };
  /** What the store holds for all; undefined when it can't be asked. */
  readonly stored:
    | (DeliveryCounts & { readonly subscriptions: { readonly exact: number; readonly globs: number } })
    | undefined;
}

/** Milliseconds: a subscriber that is asked whether it may be called has nothing to do for the answer, and waits for ours. */
const longestAnswer = 5_000;

/** Throws PUBSUB_OPTIONS. */
export function createBroadcaster(options: BroadcasterOptions): Broadcaster {
  const settings = checkBroadcasterOptions(options);
  const { store, limits, timeouts, clock, random, log, self, replay, ownership } = settings;
  const owner = randomUUID();
  const hurry = new AbortController();
  const abort = new AbortController();
  const ownOutgoing = settings.outgoing ? undefined : createOutgoing({ guard: targetGuard(), clock });
  const outgoing = settings.outgoing ?? ownOutgoing ?? createOutgoing({ clock });
  const metrics = createMetrics();
  const access = createAccess(settings);
  const local = createAttachedSubscribers((error) => {
    log.error('Subscribers inside of the process failed.', { error });
  });
  const slots = createSlots({ perHost: limits.perHost, all: limits.requests });
  const standing = createStanding({
    subscriptions: store.subscriptions,
    disableAfter: settings.disableAfter,
    clock,
    log,
  });
  const sender = createSender({
    outgoing,
    access,
    clock,
    randomBytes: settings.randomBytes,
    timeout: timeouts.subscriber,
    headers: typeof ownership === 'object' ? { [originHeader]: ownership.origin } : {},
    trustUnsubscribe: settings.trustUnsubscribe,
  });
  const pace = createPace(store.subscriptions, clock);
  const attempts = createAttempts({ sender, slots, standing, metrics, log, abort: abort.signal });
  const after = createAfterFailure({
    deliveries: store.deliveries,
    redelivery: settings.redelivery,
    keepsDeadLetters: settings.deadLetters !== 'drop',
    random,
    now: () => clock.now(),
    metrics,
    log,
  });
  const worker = createRedeliveryWorker({
    store,
    attempts,
    after,
    standing,
    pace,
    forgetsWhatWasTold: settings.deadLetters === 'until-told',
    owner,
    most: limits.redelivering,
    mostPerUrl: 8,
    interval: 1_000,
    clock,
    random,
    metrics,
    log,
    abort: abort.signal,
  });
  const fanOut = createFanOut({
    store,
    attempts,
    after,
    pace,
    local,
    selfUrl: self?.url,
    copies: settings.copies,
    patience: timeouts.fanOut,
    hurry: hurry.signal,
    owner,
    clock,
    metrics,
    log,
    postponed: () => worker.wake(),
  });
  const publishing = createPublishing(settings, fanOut, metrics);
  const spool = createSpool({
    threshold: limits.spoolThreshold,
    mostBytes: limits.spooled,
    directory: settings.spoolDirectory,
  });
  const parts = { settings, access, metrics, ownership: ownershipBy(ownership) };
  let stopping: Promise<void> | undefined;

  async function drain(): Promise<void> {
    publishing.stop();
    const over = new AbortController();
    const ended = Promise.all([publishing.idle(), worker.stop()]);
    await Promise.race([ended, wait(clock, timeouts.drain, over.signal)]);
    over.abort();
    // Publishers that wait still get their answers now, and the store what they don't have to wait for.
    hurry.abort();
    publishing.end();
    abort.abort(new Error('The broadcaster stops.'));
    await ended;
    await spool.close();
    await ownOutgoing?.close();
  }

  function ownershipBy(given: BroadcasterOptions['ownership']): Ownership {
    const { subscriptions } = store;
    if (typeof given === 'object') {
      const asking = { timeout: Math.min(timeouts.subscriber, longestAnswer), abort: abort.signal };
      return askedOwnership({ ...given, ...asking, subscriptions, outgoing, slots, metrics });
    }
    return checkedOwnership(given === 'probe' ? createProbe(sender) : given, subscriptions);
  }

  const stop = () => (stopping ??= drain());

  async function stored(): Promise<BroadcasterMetrics['stored']> {
    try {
      const [deliveries, subscriptions] = await Promise.all([
        store.deliveries.counts(),
        store.subscriptions.count(),
      ]);
      return { ...deliveries, subscriptions };
    } catch {
      return undefined;
    }
  }

  return {
    routes: [
      ...subscribeRoutes(parts),
      ...setRoutes(parts),
      notifyRoute(parts, publishing, spool),
      ...forWebsocketsRoutes(parts, local, spool),
      ...(replay ? [replayRoute(parts, replay, { owner, added: () => worker.wake() })] : []),
    ],

    async notify(topic, data, { length, ...facts } = {}) {
      const entered = publishing.enter();
      if (!entered) throw notPublished('it is stopping, or too much is published at the same time');
      try {
        const bytes = Buffer.from(topic);
        if (bytes.length > limits.topic) throw wrong('The topic is too long.');
        const { chunks, size } = dataOf(data, length);
        if (size > limits.message) throw wrong('The message is too large.');
        const spooled = await spool.take(chunks, size);
        if (spooled === 'length') throw wrong('The data have not the length that was given.');
        if (spooled === 'full') throw notPublished('too much is being sent already');
        const tracing = encodeEventFacts(facts);
        return await publishing.publish({ topic: bytes, digest: spooled.digest, tracing, spooled });
      } finally {
        entered.leave();
      }
    },

    attachLocal: local.attach,
    undelivered: {
      ...store.undelivered,
      async redrive(ids, delay) {
        const count = await store.undelivered.redrive(ids, delay);
        worker.wake();
        return count;
      },
    },
    start: () => worker.start(),
    stop,

    async health() {
      const isStoreUp = (await stored()) !== undefined;
      if (stopping) return { status: 'stopping', store: isStoreUp };
      return { status: isStoreUp ? 'ok' : 'failing', store: isStoreUp };
    },

    async metrics() {
      return {
        counts: metrics.counts(),
        now: {
          publishing: publishing.running,
          sending: slots.running,
          waiting: slots.waiting,
          redelivering: worker.running,
          spooled: spool.bytes,
        },
        stored: await stored(),
      };
    },

    [Symbol.asyncDispose]: stop,
  };
}

function dataOf(
  data: Uint8Array | string | AsyncIterable<Uint8Array>,
  length: number | undefined,
): { readonly chunks: AsyncIterable<Uint8Array>; readonly size: number } {
  if (typeof data === 'string' || data instanceof Uint8Array) {
    const bytes = Buffer.from(data);
    return { chunks: once(bytes), size: length ?? bytes.length };
  }
  if (length === undefined) throw wrong('A stream needs its `length`.');
  return { chunks: data, size: length };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

function notPublished(why: string): Error {
  return httpPubsubError('PUBSUB_NOT_PUBLISHED', `The broadcaster takes no message now: ${why}.`);
}

function wrong(problem: string): Error {
  return httpPubsubError('PUBSUB_OPTIONS', `This can not be published. ${problem}`);
}
