import { createActiveRuns } from './active-runs.ts';
import { createAdmit } from './admit.ts';
import { createBag } from './bag.ts';
import { createClaims } from './claims.ts';
import { wait, whenAborted } from './clock.ts';
import type { ConsumerSettings } from './consumer-settings.ts';
import type { Delivery } from './delivery.ts';
import { createDemand } from './demand.ts';
import { diagnose } from './diagnostics.ts';
import { MillraceError } from './errors.ts';
import { keepLeases, leaseLost } from './leases.ts';
import type { Logger } from './log.ts';
import { createMarkers } from './markers.ts';
import type { Position } from './message.ts';
import { startPipeline } from './pipeline.ts';
import { createReplayed } from './replayed.ts';
import { replayKey } from './replay-key.ts';
import { createSettler } from './settler.ts';
import type { Trouble } from './source-health.ts';
import type { SourcePlan } from './source-plan.ts';
import type { Source, SourceSession } from './source.ts';
import { within } from './within.ts';

export interface SessionOptions {
  readonly source: Source;
  readonly session: SourceSession;
  readonly plan: SourcePlan;
  readonly settings: ConsumerSettings;
  readonly log: Logger;
  /** Of the owner that reads, where a source has only one; markers of a lower one are refused. */
  readonly fence: number;
  /** Aborting it ends what the session receives. */
  readonly intake: AbortController;
  readonly degraded: (trouble: Trouble, reason: MillraceError) => void;
  readonly recovered: (trouble: Trouble) => void;
  /** A message has left. */
  readonly onFinished: () => void;
}

export interface RunningSession {
  /** Resolves with the reason when the session is broken or ended without being told; without one when it is drained. */
  readonly ended: Promise<MillraceError | undefined>;
  readonly inFlight: number;
  /** Nothing is inside, and the source, if it can tell, has nothing more. */
  readonly idle: boolean;
  /** What the adapter tells in the health report. */
  details(): Readonly<Record<string, unknown>> | undefined;
  /** Lets go of channels: what runs of them gets so many milliseconds. */
  revoke(channels: readonly string[], within: number): void;
  /** Ends the session for the reason. */
  break(reason: MillraceError): void;
  /** Stops intake, lets handlers end, settles, closes. A second call with a shorter timeout hurries the first. */
  drain(options: { readonly timeout: number }): Promise<void>;
}

/** Milliseconds for handlers to heed their signal, and after that for the last settlements, the markers and the close. */
const abortGrace = 1_000;
const settleTimeout = 4_000;
const markerTimeout = 2_000;
const closeTimeout = 2_000;

/** An open session with the pipeline around it. */
export function runSession(options: SessionOptions): RunningSession {
  const { source, session, plan, settings, log, intake } = options;
  const { capabilities } = source;
  const { clock, random } = settings;
  const { concurrency = 16 } = source.settings;
  const limit = concurrency + (source.settings.prefetch ?? concurrency);
  const name = source.name;
  const inFlight = createBag<Delivery>();
  const giveUp = new AbortController();
  const ended = Promise.withResolvers<MillraceError | undefined>();
  const persistence = { clock, random, log, degraded: options.degraded, recovered: options.recovered };

  const demand = createDemand(limit);
  const activeRuns = createActiveRuns(clock, abortGrace);
  const markers =
    capabilities.position === 'none'
      ? undefined
      : createMarkers({
          ...persistence,
          source: name,
          save: saveMarker,
          every: settings.markerEvery,
          interval: settings.markerInterval,
          signal: giveUp.signal,
          byHand: source.settings.commit === 'manual',
          onFenced: ended.resolve,
        });
  const claims =
    settings.idempotency &&
    createClaims({
      ...settings,
      ...persistence,
      store: settings.idempotency,
      brokerWaits: capabilities.redelivery === 'delayed',
      signal: intake.signal,
    });
  const replayed = createReplayed({
    ...persistence,
    consumer: settings.name,
    deadLetters: settings.deadLetters,
    signal: intake.signal,
  });
  const settler = createSettler({
    ...persistence,
    consumer: settings.name,
    source,
    session,
    claims,
    deadLetters: settings.deadLetters,
    replayed,
    signal: giveUp.signal,
    onFinished(delivery, settled) {
      const nobodyElse = capabilities.redelivery === 'none' && !delivery.revoked;
      if (delivery.lost && nobodyElse && !giveUp.signal.aborted) {
        return pipeline.reclaim(delivery);
      }
      inFlight.delete(delivery);
      demand.free(1);
      if (!settled) session.letGo?.([delivery.incoming]);
      const { outcome } = delivery;
      if (settled && outcome?.kind === 'done' && delivery.handled) delivery.mark?.settle();
      else if (settled && (outcome?.kind === 'done' || outcome?.kind === 'dead')) delivery.mark?.pass();
      options.onFinished();
    },
  });
  const stopLeases = keepLeases({
    inFlight,
    session,
    claims,
    brokerLease: capabilities.lease?.milliseconds,
    claimLease: claims && settings.lease,
    clock,
    log,
    onLost(deliveries) {
      const affected = new Set(deliveries);
      log.warn('Leases were lost; what the handlers do is thrown away.', { messages: deliveries.length });
      activeRuns.abort(leaseLost(), ({ delivery }) => affected.has(delivery));
    },
  });
  const admit = createAdmit({
    consumer: settings.name,
    source,
    plan,
    markers,
    fingerprint: settings.fingerprint,
    clock,
  });
  const pipeline = startPipeline({
    source: name,
    session,
    capabilities,
    concurrency,
    demand,
    admit(batch) {
      const deliveries = admit(batch);
      deliveries.forEach(inFlight.add);
      return deliveries;
    },
    passed: (passed) => markers?.passed(passed),
    replayed,
    claims,
    activeRuns,
    settler,
    clock,
    log,
    idempotency: settings.idempotency,
    retention: settings.retention,
  });
  const received = pipeline.received.then(
    () => ended.resolve(new MillraceError('SOURCE_FAILED', `Source "${name}" ended by itself.`)),
    (cause: unknown) =>
      ended.resolve(new MillraceError('SOURCE_FAILED', `Source "${name}" broke off.`, { cause })),
  );

  async function saveMarker(channel: string, position: Position): Promise<void> {
    if (session.commit) return await session.commit(channel, position);
    const saved = await settings.replay?.save(replayKey(settings.name, name, channel, session.scope), {
      position,
      fence: options.fence,
    });
    if (saved === false)
      throw new MillraceError('MARKER_FENCED', `A newer owner writes the replay marker of "${channel}".`);
  }

  function revoke(channels: readonly string[], grace: number): void {
    const lost = new Set(channels);
    const affected = new Set(inFlight.snapshot().filter(({ incoming }) => lost.has(incoming.channel ?? '')));
    for (const channel of lost) markers?.forget(channel);
    for (const delivery of affected) delivery.revoked = true;
    pipeline.drop();
    void wait(clock, grace, giveUp.signal).then(() => {
      const reason = new MillraceError(
        'LEASE_LOST',
        'The channel of the event was given to another consumer.',
      );
      activeRuns.abort(reason, ({ delivery }) => {
        if (!affected.has(delivery)) return false;
        delivery.lost = true;
        return true;
      });
    });
  }

  const deadline = new AbortController();
  let draining: Promise<void> | undefined;

  async function drain(): Promise<void> {
    const tell = (phase: 'started' | 'aborting' | 'finished') =>
      diagnose('drain', () => ({ source: name, phase, inFlight: inFlight.size }));
    tell('started');
    intake.abort();
    demand.close();
    pipeline.close();
    const quiet = Promise.all([received, pipeline.idle()]);
    await Promise.race([quiet, whenAborted(deadline.signal)]);
    if (activeRuns.size > 0) {
      tell('aborting');
      activeRuns.abort(
        new MillraceError(
          'DRAIN_TIMEOUT',
          'The time to drain is over: the consumer stops, or its connection to the broker broke.',
        ),
      );
    }
    const failed = (error: unknown) => log.error('Stopping met an error.', { error });
    await within(clock, abortGrace + 100, () => quiet, failed);
    await within(clock, settleTimeout, () => settler.flush(), failed);
    await within(clock, markerTimeout, async () => markers?.flush(), failed);
    giveUp.abort();
    stopLeases();
    activeRuns.close();
    markers?.close();
    await within(clock, closeTimeout, () => session.close(), failed);
    deadline.abort();
    ended.resolve(undefined);
    tell('finished');
  }

  return {
    ended: ended.promise,
    get inFlight() {
      return inFlight.size;
    },
    get idle() {
      return inFlight.size === 0 && (session.pending?.() ?? 0) === 0;
    },
    details: () => session.details?.(),
    revoke,
    break: ended.resolve,
    async drain({ timeout }) {
      if (timeout === 0) deadline.abort();
      else void wait(clock, timeout, deadline.signal).then(() => deadline.abort());
      await (draining ??= drain());
    },
  };
}
