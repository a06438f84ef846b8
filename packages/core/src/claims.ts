import { untilSucceeds } from './backoff.ts';
import type { Clock } from './clock.ts';
import type { Delivery, Outcome, Run } from './delivery.ts';
import { done } from './delivery.ts';
import { diagnose } from './diagnostics.ts';
import { isMillraceError, MillraceError } from './errors.ts';
import type { Claim, ClaimVerdict, IdempotencyStore, Release } from './ports/idempotency-store.ts';
import type { Trouble } from './source-health.ts';

export interface ClaimsOptions {
  readonly store: IdempotencyStore;
  readonly owner: string;
  /** Milliseconds. */
  readonly lease: number;
  readonly retention: number;
  /** `pause`: hold what was received until the store answers. `process`: go on at-least-once. */
  readonly onUnavailable: 'pause' | 'process';
  /** Whether the broker takes a busy message back for a while; else it waits in place. */
  readonly brokerWaits: boolean;
  readonly clock: Clock;
  readonly random: () => number;
  /** Aborts at drain: stop waiting for the store. */
  readonly signal: AbortSignal;
  readonly degraded: (trouble: Trouble, reason: MillraceError) => void;
  readonly recovered: (trouble: Trouble) => void;
}

/**
 * Milliseconds after which a delivery that is busy elsewhere is looked at again, at the latest, however long the lease. Where it
 * waits in place, such as a second copy does, it is looked at again soon at first: who has it may be done at any moment.
 */
const busyDelay = 5_000;
const firstBusyDelay = 50;

export interface Claims {
  /** Claims every undecided run, in one call. What is not to be run gets its outcome. Waits for a store that is down. */
  claim(deliveries: readonly Delivery[]): Promise<void>;
  /** Records the outcomes. Marks as lost what was no longer ours. Rejects when the store is down. */
  close(deliveries: readonly Delivery[]): Promise<void>;
  /** Extends the leases; marks as lost what was no longer ours. Rejects when the store is down. */
  extend(deliveries: readonly Delivery[]): Promise<void>;
}

export function createClaims(options: ClaimsOptions): Claims {
  const { store, owner, lease, clock } = options;

  return {
    async claim(deliveries) {
      const wanted = deliveries.flatMap((delivery) =>
        delivery.runs
          .filter((run) => run.claim === undefined && run.outcome === undefined)
          .map((run) => ({ delivery, run })),
      );
      if (wanted.length === 0) return;
      const requests = wanted.map(({ run: { key, fingerprint } }) => ({ key, fingerprint }));
      const answer = await untilSucceeds(
        async () => {
          const at = clock.monotonic();
          return { at, verdicts: await store.claimMany(requests, { owner, lease }) };
        },
        {
          ...options,
          tries: options.onUnavailable === 'process' ? 1 : Infinity,
          failed: (error) => options.degraded('claims', unavailable(error, options.onUnavailable)),
        },
      );
      if (answer?.verdicts.some(({ status }) => status === 'unavailable')) {
        options.degraded('claims', unavailable(undefined, options.onUnavailable));
      } else if (answer) options.recovered('claims');
      wanted.forEach(({ delivery, run }, index) => {
        apply(answer?.verdicts[index] ?? { status: 'unavailable' }, delivery, run, answer?.at ?? 0);
      });
    },

    async close(deliveries) {
      const completions: { delivery: Delivery; run: Run; claim: Claim }[] = [];
      const releases: { delivery: Delivery; run: Run; claim: Release }[] = [];
      for (const delivery of deliveries) {
        for (const run of delivery.runs) {
          const { claim, outcome } = run;
          if (claim === undefined) continue;
          // Done is done, whatever became of the message since. A letter is kept for what is still ours.
          if (outcome?.kind === 'done' || (outcome?.kind === 'dead' && !delivery.lost)) {
            if (!run.transactional) completions.push({ delivery, run, claim });
          } else if (!run.abandoned) {
            releases.push({ delivery, run, claim: { ...claim, counted: isCounted(run) } });
          }
        }
      }
      const closing = [...completions, ...releases];
      for (const { run } of closing) run.closing = true;
      try {
        if (completions.length > 0) {
          const answers = await store.completeMany(
            completions.map(({ claim }) => claim),
            options,
          );
          completions.forEach(({ delivery, run }, index) => {
            if (answers[index] === true) run.claim = undefined;
            else delivery.lost = true;
          });
        }
        // A release that is refused changes nothing: the key is somebody else's by now.
        if (releases.length > 0) {
          await store.releaseMany(releases.map(({ claim }) => claim));
          for (const { run } of releases) run.claim = undefined;
        }
      } finally {
        for (const { run } of closing) run.closing = false;
      }
    },

    async extend(deliveries) {
      const held = deliveries.flatMap((delivery) =>
        delivery.runs.flatMap((run) =>
          run.claim && !run.closing && !run.transactional && !run.abandoned
            ? [{ delivery, run, claim: run.claim }]
            : [],
        ),
      );
      if (held.length === 0) return;
      const at = clock.monotonic();
      const answers = await store.extendMany(
        held.map(({ claim }) => claim),
        { lease },
      );
      held.forEach(({ delivery, run, claim }, index) => {
        if (answers[index] === true) delivery.claimEnds = at + lease;
        else if (!run.closing && !run.transactional && run.claim === claim) delivery.lost = true;
      });
    },
  };

  function apply(verdict: ClaimVerdict, delivery: Delivery, run: Run, at: number): void {
    diagnose('claim', () => ({
      source: delivery.message.source,
      messageId: delivery.message.id,
      handler: run.plan.registration.name,
      verdict,
    }));
    switch (verdict.status) {
      case 'claimed':
        run.claim = { key: run.key, owner, fence: verdict.fence };
        run.attempt = verdict.attempt;
        run.retries = 0;
        run.looks = 0;
        delivery.claimEnds = Math.min(delivery.claimEnds, at + lease);
        break;
      case 'done':
        run.outcome = done;
        break;
      case 'busy':
        run.outcome = later(
          Math.min(verdict.remaining, patienceWith(run)),
          new MillraceError('EVENT_BUSY', 'The event is being handled elsewhere.'),
        );
        break;
      case 'mismatch':
        run.outcome = {
          kind: 'dead',
          reason: 'mismatch',
          cause: new MillraceError(
            'PAYLOAD_MISMATCH',
            `Event ${delivery.message.id} was handled before with another payload: two events share one idempotency key.`,
          ),
        };
        break;
      case 'unavailable':
        if (options.onUnavailable === 'process') break;
        run.outcome = later(busyDelay, unavailable(undefined, options.onUnavailable));
        break;
    }
  }

  function patienceWith(run: Run): number {
    if (options.brokerWaits) return busyDelay;
    run.looks += 1;
    return Math.min(busyDelay, firstBusyDelay * 2 ** (run.looks - 1));
  }

  function later(delay: number, cause: MillraceError): Outcome {
    return {
      kind: 'retry',
      delay,
      cause,
      where: options.brokerWaits ? 'broker' : 'in-place',
      counted: false,
    };
  }
}

/** Whether a run that is not done counts as an attempt: it was started, and did not end as "not now". */
function isCounted({ outcome, retries }: Run): boolean {
  return retries > 0 || (outcome !== undefined && (!('counted' in outcome) || outcome.counted));
}

function unavailable(cause: unknown, policy: ClaimsOptions['onUnavailable']): MillraceError {
  // It does not mend by waiting, and its own words say what to do.
  if (policy === 'pause' && isMillraceError(cause, 'STORE_CORRUPT')) return cause;
  const meanwhile =
    policy === 'pause'
      ? 'Nothing new is handled until it does.'
      : 'Events are handled without it, so they may take effect twice.';
  return new MillraceError('STORE_UNAVAILABLE', `The idempotency store does not answer. ${meanwhile}`, {
    cause,
  });
}
