import type { ConsumerSettings } from './consumer-settings.ts';
import { createActiveRuns } from './active-runs.ts';
import { idempotencyKey } from './admit.ts';
import { createClaims } from './claims.ts';
import type { Delivery, Run } from './delivery.ts';
import { createRun } from './delivery.ts';
import { describeError } from './error-description.ts';
import { MillraceError } from './errors.ts';
import { handle } from './handle.ts';
import { keepLeases, leaseLost } from './leases.ts';
import type { Message } from './message.ts';
import type { DeadLetter } from './ports/dead-letter-store.ts';
import type { HandlerPlan, SourcePlan } from './source-plan.ts';

/** What became of a dead letter that was sent again. */
export type RedriveResult =
  /** Handled, and removed. */
  | { readonly id: string; readonly outcome: 'done' }
  /** Failed again, and kept with the new error. */
  | { readonly id: string; readonly outcome: 'failed'; readonly error: DeadLetter['error'] }
  /** Somebody else is redriving it, or the store can't tell. It is kept. */
  | { readonly id: string; readonly outcome: 'busy' };

/** Runs the handlers of a dead letter once more, here, under the same guarantees as a delivery. */
export async function redrive(
  letter: DeadLetter,
  plan: SourcePlan,
  settings: ConsumerSettings,
): Promise<RedriveResult> {
  const { clock, deadLetters } = settings;
  const message = toMessage(letter);
  const handlers =
    letter.handler === undefined
      ? plan.route(message.type)
      : plan.handlers.filter(({ registration }) => registration.name === letter.handler);
  if (handlers.length === 0) {
    const wanted =
      letter.handler === undefined ? `handles "${message.type}"` : `is named "${letter.handler}"`;
    const cause = new MillraceError('EVENT_UNHANDLED', `No handler on source "${letter.source}" ${wanted}.`);
    return { id: letter.id, outcome: 'failed', error: describeError(cause) };
  }
  const delivery = toDelivery(
    letter,
    message,
    handlers.map((handler) => toRun(letter, handler, message, settings)),
  );
  const claims = settings.idempotency && createRedriveClaims(settings, settings.idempotency);
  const activeRuns = createActiveRuns(clock, 1_000);
  const stopLeases = keepLeases({
    inFlight: new Set([delivery]),
    session: {},
    claims,
    brokerLease: undefined,
    claimLease: claims && settings.lease,
    clock,
    log: settings.log,
    onLost: () => activeRuns.abort(leaseLost()),
  });
  try {
    await claims?.claim([delivery]);
    for (const run of delivery.runs) {
      run.outcome ??= await handle(delivery, run, { ...settings, activeRuns });
    }
  } finally {
    stopLeases();
    activeRuns.close();
  }
  const failed = delivery.runs.find(({ outcome }) => outcome?.kind !== 'done');
  const uncounted = delivery.runs.some(({ outcome }) => outcome?.kind === 'retry' && !outcome.counted);
  if (failed === undefined) {
    await claims?.close([delivery]);
    await deadLetters.removeMany([letter.id]);
    return { id: letter.id, outcome: 'done' };
  }
  // Dead again: the claim goes back, so that the next redrive finds it free.
  for (const run of delivery.runs) if (run.outcome?.kind === 'dead') run.outcome = asRetry(run.outcome.cause);
  await claims?.close([delivery]);
  if (uncounted) return { id: letter.id, outcome: 'busy' };
  const error = describeError(failed.outcome && 'cause' in failed.outcome ? failed.outcome.cause : undefined);
  await deadLetters.putMany([
    { ...letter, error, attempts: letter.attempts + 1, redrives: letter.redrives + 1, diedAt: clock.now() },
  ]);
  return { id: letter.id, outcome: 'failed', error };
}

function asRetry(cause: unknown): Run['outcome'] {
  return { kind: 'retry', delay: 0, cause, where: 'in-place', counted: true };
}

function createRedriveClaims(
  settings: ConsumerSettings,
  store: NonNullable<ConsumerSettings['idempotency']>,
) {
  return createClaims({
    ...settings,
    store,
    // A person waits for the answer: better "can't tell" than to hang.
    signal: AbortSignal.timeout(5_000),
    brokerWaits: false,
    degraded: (error) => settings.log.warn('Redrive waits for the idempotency store.', { error }),
    recovered() {},
  });
}

/** A key of its own: under the original one the event is done, so that duplicates of it stay suppressed. */
function toRun(letter: DeadLetter, handler: HandlerPlan, message: Message, settings: ConsumerSettings): Run {
  const key = `${idempotencyKey(settings.name, handler, message)}#redrive-${letter.diedAt}`;
  return createRun(handler, { key, fingerprint: undefined, attempt: letter.attempts + 1 });
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

function toDelivery({ message: { raw } }: DeadLetter, message: Message, runs: readonly Run[]): Delivery {
  const { id, type, data, headers } = message;
  return {
    incoming: { id, type, data, headers, raw },
    message,
    runs,
    laneKey: undefined,
    mark: undefined,
    brokerLeaseEnds: Infinity,
    claimEnds: Infinity,
    outcome: undefined,
    lost: false,
  };
}
