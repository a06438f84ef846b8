import { createActiveRuns } from './active-runs.ts';
import { idempotencyKeys } from './admit.ts';
import type { Claims } from './claims.ts';
import { createBag } from './bag.ts';
import { createClaims } from './claims.ts';
import type { ConsumerSettings } from './consumer-settings.ts';
import type { Delivery, Outcome } from './delivery.ts';
import { createRun, noLetters } from './delivery.ts';
import { describeError } from './error-description.ts';
import { MillraceError } from './errors.ts';
import { handle } from './handle.ts';
import { keepLeases, leaseLost } from './leases.ts';
import type { Message } from './message.ts';
import type { DeadLetter } from './ports/dead-letter-store.ts';
import type { IdempotencyStore } from './ports/idempotency-store.ts';
import { redriveKey } from './redrive-key.ts';
import type { SourcePlan } from './source-plan.ts';

/** What became of a dead letter that was sent again. */
export type RedriveResult =
  /** Handled, and removed. */
  | { readonly id: string; readonly outcome: 'done' }
  /** Failed again, and kept with the new error; or there is nothing that could be run, and it is kept as it was. */
  | { readonly id: string; readonly outcome: 'failed'; readonly error: DeadLetter['error'] }
  /** Not now: somebody else is redriving it, its handler deferred it, or the store can't tell. It is kept as it was. */
  | { readonly id: string; readonly outcome: 'busy' };

/** Milliseconds to wait for the store: a person waits for the answer, and "can't tell" is better than to hang. */
const patience = 5_000;

/** Runs the handlers of a dead letter once more, here, under the same guarantees as a delivery. */
export async function redrive(
  letter: DeadLetter,
  plan: SourcePlan,
  settings: ConsumerSettings,
): Promise<RedriveResult> {
  const { deadLetters } = settings;
  const { id } = letter;
  let delivery: Delivery;
  try {
    delivery = toDelivery(letter, plan, settings.name);
  } catch (error) {
    return { id, outcome: 'failed', error: describeError(error) };
  }
  const impatience = new AbortController();
  const claims = settings.idempotency && redriveClaims(settings, settings.idempotency, impatience.signal);
  await run(delivery, claims, settings, impatience);

  const failure = delivery.runs.map(({ outcome }) => outcome).find(hasFailed);
  // It gave up again: the claim goes back, so that the next redrive finds it free.
  for (const it of delivery.runs) if (it.outcome?.kind === 'dead') it.outcome = asRetry(it.outcome.cause);
  await claims?.close([delivery]);
  if (delivery.lost) return { id, outcome: 'busy' };
  if (failure) {
    const error = describeError(failure.cause);
    // It died when it first did: its claims go by that, and what was done in this redrive is not done in the next.
    await deadLetters.putMany([
      { ...letter, error, attempts: letter.attempts + 1, redrives: letter.redrives + 1 },
    ]);
    return { id, outcome: 'failed', error };
  }
  if (delivery.runs.some(({ outcome }) => outcome?.kind !== 'done')) return { id, outcome: 'busy' };
  await deadLetters.removeMany([id]);
  return { id, outcome: 'done' };
}

async function run(
  delivery: Delivery,
  claims: Claims | undefined,
  settings: ConsumerSettings,
  impatience: AbortController,
): Promise<void> {
  const { clock, log, lease } = settings;
  const activeRuns = createActiveRuns(clock, 1_000);
  const inFlight = createBag<Delivery>();
  inFlight.add(delivery);
  const stopLeases = keepLeases({
    inFlight,
    session: {},
    claims,
    brokerLease: undefined,
    claimLease: lease,
    clock,
    log,
    onLost: () => activeRuns.abort(leaseLost()),
  });
  const cancel = clock.setTimeout(() => impatience.abort(), patience);
  try {
    await claims?.claim([delivery]);
    for (const it of delivery.runs) {
      if (delivery.lost) break;
      it.attempt = delivery.incoming.deliveryCount ?? 1;
      it.outcome ??= await new Promise<Outcome>((resolve) =>
        handle(delivery, it, {
          ...settings,
          activeRuns,
          ended: (_delivery, _run, outcome) => resolve(outcome),
        }),
      );
    }
  } finally {
    cancel();
    stopLeases();
    activeRuns.close();
  }
}

type Failure = Extract<Outcome, { readonly kind: 'retry' | 'dead' }>;

function hasFailed(outcome: Outcome | undefined): outcome is Failure {
  return outcome?.kind === 'dead' || (outcome?.kind === 'retry' && outcome.counted);
}

function asRetry(cause: unknown): Outcome {
  return { kind: 'retry', delay: 0, cause, where: 'in-place', counted: true };
}

function redriveClaims(settings: ConsumerSettings, store: IdempotencyStore, signal: AbortSignal): Claims {
  return createClaims({
    ...settings,
    store,
    signal,
    brokerWaits: false,
    degraded: (_, error) => settings.log.warn('Redrive waits for the idempotency store.', { error }),
    recovered() {},
  });
}

/** Throws when there is nothing that could be run. */
function toDelivery(letter: DeadLetter, plan: SourcePlan, consumer: string): Delivery {
  const message = toMessage(letter);
  if (letter.reason === 'undecodable' && message.data === undefined) {
    throw new MillraceError(
      'PAYLOAD_UNDECODABLE',
      'The payload could not be decoded, so there is nothing to handle: give the letter decoded data with edit() first.',
    );
  }
  const handlers = plan.handlers.filter(({ registration }) => registration.name === letter.handler);
  if (letter.handler === undefined) handlers.push(...plan.route(message.type));
  if (handlers.length === 0) {
    const wanted =
      letter.handler === undefined ? `handles "${message.type}"` : `is named "${letter.handler}"`;
    throw new MillraceError('EVENT_UNHANDLED', `No handler on source "${letter.source}" ${wanted}.`);
  }
  const keyOf = idempotencyKeys(consumer, handlers);
  const { id, type, data, headers } = message;
  const attempt = letter.attempts + 1;
  return {
    incoming: { id, type, data, headers, raw: letter.message.raw, deliveryCount: attempt },
    message,
    runs: handlers.map((handler) =>
      createRun(handler, {
        key: redriveKey(keyOf(handler, message), letter),
        fingerprint: undefined,
        attempt,
      }),
    ),
    laneKey: undefined,
    mark: undefined,
    brokerLeaseEnds: Infinity,
    claimEnds: Infinity,
    handled: false,
    outcome: undefined,
    lost: false,
    unclaimed: false,
    revoked: false,
    letters: noLetters,
    slot: -1,
  };
}

function toMessage({ source, message }: DeadLetter): Message {
  const { raw: _raw, time, ...rest } = message;
  return {
    ...rest,
    source,
    time: time === undefined ? undefined : new Date(time),
    deliveryCount: undefined,
    native: undefined,
  };
}
