import { isMillraceError } from '@millrace/core';
import type { Broadcasters } from '../calls/broadcasters.ts';
import type { SubscriptionCalls } from '../calls/subscription-calls.ts';
import type { HttpPubsubErrorCode } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { etagOf } from '../wire/etag.ts';
import type { Wanted } from '../wire/stateless/requests.ts';
import type { SubscriptionSet } from '../wire/subscriptions.ts';

export interface ReconcileOptions {
  readonly broadcasters: Broadcasters;
  readonly calls: SubscriptionCalls;
  readonly url: string;
  readonly subscriptions: SubscriptionSet;
  readonly signal: AbortSignal;
}

/**
 * `right`: there was nothing to do. `repaired`: something was missing or too much. `renewed`: everything was taken away and
 * put back, so that something may have been missed meanwhile.
 */
export type Reconciled = 'right' | 'repaired' | 'renewed';

/** lonelypss 0.0.11 loses subscriptions when a set replaces as many as this, even by itself. */
const setTrap = 16;
/** Subscriptions that are asked for at the same time. */
const atOnce = 8;

/** Makes the broadcaster's subscriptions ours. Rejects with a PUBSUB error when that can't be done. */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { broadcasters, calls, url, subscriptions, signal } = options;
  const { exact, globs } = subscriptions;
  const wanted: readonly Wanted[] = [
    ...exact.map(({ topic }) => ({ topic })),
    ...globs.map(({ glob }) => ({ glob })),
  ];
  const etag = etagOf(url, subscriptions);
  const isRight = async () => (await broadcasters.call(calls.check(), signal)).equals(etag);

  /** One after the other, for a set may be a trap. */
  async function subscribeAll(): Promise<void> {
    const left = wanted.values();
    const worker = async () => {
      for (const each of left) await broadcasters.call(calls.subscribe(each), signal);
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  if (await isRight()) return 'right';
  if (exact.length < setTrap && globs.length < setTrap) {
    await unlessUnclear(broadcasters.call(calls.set(subscriptions), signal));
    if (await isRight()) return 'repaired';
  }
  await unlessUnclear(subscribeAll());
  if (await isRight()) return 'repaired';
  // What is too much has names that nobody tells. To set nothing at all is safe everywhere.
  await unlessUnclear(broadcasters.call(calls.set({ exact: [], globs: [] }), signal));
  await unlessUnclear(subscribeAll());
  if (await isRight()) return 'renewed';
  throw httpPubsubError(
    'PUBSUB_SUBSCRIPTIONS',
    `The broadcaster does not get to have the ${wanted.length} subscriptions of ${url}, and no others.`,
  );
}

const unclear: readonly HttpPubsubErrorCode[] = [
  'PUBSUB_AMBIGUOUS',
  'PUBSUB_REFUSED',
  'PUBSUB_MALFORMED',
  'PUBSUB_FORGED',
];

/** What a broadcaster may have done, or says that it does not take, shows when it is looked at again. */
async function unlessUnclear(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!unclear.some((code) => isMillraceError(error, code))) throw error;
  }
}
