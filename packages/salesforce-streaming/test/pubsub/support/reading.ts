import type { Demand, MillraceError } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { ManualClock } from '@millrace/testing';
import type { SalesforceEmulator } from '@millrace/testing/salesforce';
import type { PubSubEmulator } from '@millrace/testing/salesforce-pubsub';
import { clientCredentials } from '../../../src/auth/client-credentials.ts';
import { createAuthSession } from '../../../src/auth/session.ts';
import { checkOptions } from '../../../src/check-options.ts';
import type { SalesforceOptions } from '../../../src/options.ts';
import { openPubSub } from '../../../src/pubsub/open.ts';
import { createSubscriptions } from '../../../src/subscriptions.ts';
import type { Arrival, ChannelStart, Passed, TransportSession } from '../../../src/transport.ts';
import { until } from './until.ts';

export interface ReadOptions {
  readonly org: SalesforceEmulator;
  readonly pubsub: Pick<PubSubEmulator, 'endpoint'>;
  readonly channels: readonly string[];
  readonly options?: Partial<SalesforceOptions>;
  readonly clock?: ManualClock;
  /** @default true */
  readonly firstOpen?: boolean;
  /** Where a channel begins as long as no cursor of it is known. */
  readonly start?: (channel: string) => ChannelStart;
  readonly fallBack?: () => ChannelStart | Error;
  /** Places for events. Those that were received keep theirs until `free`. */
  readonly room?: number;
}

export interface Reading {
  readonly session: TransportSession;
  readonly arrivals: readonly Arrival[];
  readonly passed: readonly Passed[];
  /** Fields called `N` of the events, in the order of arrival. */
  readonly numbers: readonly unknown[];
  readonly troubles: readonly MillraceError[];
  readonly fallBacks: readonly Error[];
  /** Subscriptions and the times for which `subscribedAtTip` was called. */
  readonly tips: readonly (readonly [string, number])[];
  readonly fetches: number;
  readonly subscriptions: ReturnType<typeof createSubscriptions>;
  /** Resolves when `receive` ends, rejects with what it throws. */
  readonly ended: Promise<void>;
  /** Most places in use at one time. */
  readonly mostTaken: number;
  free(count: number): void;
  count(events: number): Promise<void>;
  /** Ends the intake as core does. */
  abort(): void;
  close(): Promise<void>;
}

/** Reads the way core does, except that nothing is handled. */
export async function read(setup: ReadOptions): Promise<Reading> {
  const { org, pubsub, channels, clock, start = () => ({ from: 'latest' }) } = setup;
  const { clientId, clientSecret } = org.credentials;
  const settings = checkOptions({
    auth: clientCredentials({ clientId, clientSecret, loginUrl: org.url }),
    channels,
    transport: 'pubsub',
    ...setup.options,
    pubsub: { endpoint: `http://${pubsub.endpoint}`, ...setup.options?.pubsub },
  });
  const subscriptions = createSubscriptions(channels, {
    transport: 'pubsub',
    start: 'latest',
    onInvalidPosition: setup.options?.onInvalidPosition ?? 'earliest',
  });
  const intake = new AbortController();
  const troubles: MillraceError[] = [];
  const fallBacks: Error[] = [];
  const tips: (readonly [string, number])[] = [];
  const arrivals: Arrival[] = [];
  const passed: Passed[] = [];
  let fetches = 0;
  const ignore = () => {};
  const places = roomFor(setup.room ?? 1_000);

  const session = await openPubSub({
    settings,
    subscriptions,
    name: settings.name,
    orgId: org.orgId,
    firstOpen: setup.firstOpen ?? true,
    auth: createAuthSession({ provider: settings.auth, clock }),
    context: {
      consumer: 'test',
      signal: intake.signal,
      log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      clock: clock ?? systemClock,
      random: () => 0.5,
      start: () => Promise.resolve('latest'),
      starting: true,
      gap: ignore,
      revoked: ignore,
      fetched: () => (fetches += 1),
      degraded: (reason) => troubles.push(reason),
    },
    start: ({ channel }) => Promise.resolve(start(channel)),
    subscribedAtTip: ({ subscription }, time) => tips.push([subscription, time]),
    fallBack(_subscription, cause) {
      fallBacks.push(cause);
      const answer = setup.fallBack?.() ?? { from: 'earliest' };
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });

  async function pull(): Promise<void> {
    for await (const received of session.receive(places)) {
      if ('cursor' in received) passed.push(received);
      else arrivals.push(...received);
    }
  }
  const ended = pull();
  // A test that waits for the end sees the error there.
  ended.catch(() => {});

  return {
    session,
    arrivals,
    passed,
    troubles,
    fallBacks,
    tips,
    subscriptions,
    ended,
    free: places.cancel,
    get mostTaken() {
      return places.mostTaken;
    },
    get numbers() {
      return arrivals.map(({ data }) => (data.payload as { readonly N: unknown }).N);
    },
    get fetches() {
      return fetches;
    },
    count: (events) => until(() => arrivals.length >= events),
    abort() {
      intake.abort();
      places.close();
    },
    async close() {
      intake.abort();
      places.close();
      await session.close();
      await ended.catch(() => {});
    },
  };
}

function roomFor(limit: number): Demand & { readonly mostTaken: number; close(): void } {
  let available = limit;
  let mostTaken = 0;
  let closed = false;
  let wake = () => {};
  const take = (max: number) => {
    const count = closed ? 0 : Math.min(max, available);
    available -= count;
    mostTaken = Math.max(mostTaken, limit - available);
    return count;
  };
  return {
    get mostTaken() {
      return mostTaken;
    },
    async reserve(max) {
      while (available === 0 && !closed) await new Promise<void>((resolve) => (wake = resolve));
      return take(max);
    },
    tryReserve: take,
    cancel(count) {
      available += count;
      wake();
    },
    close() {
      closed = true;
      wake();
    },
  };
}
