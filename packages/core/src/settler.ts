import { untilSucceeds } from './backoff.ts';
import type { Claims } from './claims.ts';
import type { Clock } from './clock.ts';
import { deadLettersOf } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { diagnose, diagnoseSettled } from './diagnostics.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { DeadLetterStore } from './ports/dead-letter-store.ts';
import type { Settlement, Source, SourceSession } from './source.ts';

export interface SettlerOptions {
  readonly consumer: string;
  readonly source: Source;
  readonly session: SourceSession;
  readonly claims: Claims | undefined;
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when settling must be given up; what is not settled then, the broker delivers again. */
  readonly signal: AbortSignal;
  readonly degraded: (reason: MillraceError) => void;
  readonly recovered: () => void;
  /** The delivery leaves core; `settled` tells whether the broker, or the marker, may go past it. */
  readonly onFinished: (delivery: Delivery, settled: boolean) => void;
}

/** A settlement that the broker refuses this often in a row is left to the broker's redelivery. */
const settleTries = 8;

/** Tells stores and broker what became of deliveries, in batches: dead letters first, then "done", then the broker. */
export interface Settler {
  add(delivery: Delivery): void;
  /** Sends what waits for company, and resolves when nothing is under way. */
  flush(): Promise<void>;
}

export function createSettler(options: SettlerOptions): Settler {
  const { session, claims, clock } = options;
  const { settle: settlesMessages, settleBatch } = options.source.capabilities;
  let gathered: Delivery[] = [];
  let cancelLinger: (() => void) | undefined;
  const underWay = new Set<Promise<void>>();

  function send(): void {
    cancelLinger?.();
    cancelLinger = undefined;
    if (gathered.length === 0) return;
    const batch = gathered;
    gathered = [];
    const sending = settle(batch).finally(() => underWay.delete(sending));
    underWay.add(sending);
  }

  function linger(): void {
    if (settleBatch.linger > 0) {
      cancelLinger = clock.setTimeout(send, settleBatch.linger);
      return;
    }
    cancelLinger = () => {};
    queueMicrotask(send);
  }

  async function settle(batch: readonly Delivery[]): Promise<void> {
    const parked = await parkDead(batch);
    const closed = parked && (await closeClaims(batch));
    const ours = closed
      ? batch.filter((delivery) => !delivery.lost && delivery.outcome?.kind !== 'lost')
      : [];
    const settled = await tellBroker(ours);
    for (const delivery of batch) {
      const isSettled = settled.has(delivery);
      if (isSettled) diagnoseSettled(delivery);
      options.onFinished(delivery, isSettled);
    }
  }

  async function parkDead(batch: readonly Delivery[]): Promise<boolean> {
    const letters = batch.flatMap((delivery) =>
      delivery.lost ? [] : deadLettersOf(delivery, options.consumer, clock.now()),
    );
    if (letters.length === 0) return true;
    const stored = await persist(
      'DEAD_LETTER_NOT_STORED',
      'A dead letter could not be stored; its message is not acknowledged.',
      () => options.deadLetters.putMany(letters),
    );
    if (!stored) return false;
    for (const letter of letters) {
      options.log.error('An event was given up on and kept as a dead letter.', {
        deadLetter: letter.id,
        type: letter.message.type,
        reason: letter.reason,
        attempts: letter.attempts,
        error: letter.error.message,
        code: letter.error.code,
      });
      diagnose('dead-letter', () => ({ source: letter.source, letter }));
    }
    return true;
  }

  async function closeClaims(batch: readonly Delivery[]): Promise<boolean> {
    if (claims === undefined) return true;
    return await persist(
      'STORE_UNAVAILABLE',
      'What was handled could not be recorded; its messages are not acknowledged yet.',
      () => claims.close(batch.filter(({ runs }) => runs.length > 0)),
    );
  }

  async function persist(
    code: 'DEAD_LETTER_NOT_STORED' | 'STORE_UNAVAILABLE',
    problem: string,
    store: () => Promise<void>,
  ): Promise<boolean> {
    const kept = await untilSucceeds(
      async () => {
        await store();
        return { kept: true };
      },
      {
        ...options,
        failed(error) {
          options.log.error(problem, { error });
          options.degraded(new MillraceError(code, problem, { cause: error }));
        },
      },
    );
    if (kept) options.recovered();
    return kept !== undefined;
  }

  async function tellBroker(deliveries: readonly Delivery[]): Promise<ReadonlySet<Delivery>> {
    const settled = new Set(deliveries);
    if (settlesMessages === 'none') return settled;
    let open = deliveries.filter((delivery) => toSettlement(delivery) !== undefined);
    await untilSucceeds(
      async () => {
        open = open.filter((delivery) => !delivery.lost);
        const failed = await tell(open);
        open = open.filter((delivery) => failed.has(delivery.incoming) && !delivery.lost);
        if (open.length > 0)
          throw new MillraceError('SETTLE_FAILED', `The broker refused ${open.length} settlements.`);
        return settled;
      },
      {
        ...options,
        tries: settleTries,
        failed: (error) =>
          options.log.warn('Messages could not be settled.', { error, messages: open.length }),
      },
    );
    for (const delivery of [...open, ...deliveries.filter(({ lost }) => lost)]) settled.delete(delivery);
    return settled;
  }

  /** Answers what failed and is worth another try. */
  async function tell(deliveries: readonly Delivery[]): Promise<ReadonlySet<unknown>> {
    if (deliveries.length === 0) return new Set();
    const failures =
      (await session.settle(deliveries.flatMap((delivery) => toSettlement(delivery) ?? []))) ?? [];
    const final = new Set(failures.filter((failure) => failure.final).map(({ incoming }) => incoming));
    for (const delivery of deliveries) if (final.has(delivery.incoming)) delivery.lost = true;
    if (final.size > 0) {
      options.log.warn(
        'Messages were no longer ours when they were settled; the broker delivers them again.',
        { messages: final.size },
      );
    }
    return new Set(failures.filter((failure) => !failure.final).map(({ incoming }) => incoming));
  }

  return {
    add(delivery) {
      gathered.push(delivery);
      if (gathered.length >= settleBatch.size) send();
      else if (cancelLinger === undefined) linger();
    },
    async flush() {
      while (gathered.length > 0 || underWay.size > 0) {
        send();
        await Promise.all(underWay);
      }
    },
  };
}

function toSettlement({ incoming, outcome }: Delivery): Settlement | undefined {
  switch (outcome?.kind) {
    case 'done':
    case 'release':
      return { incoming, outcome: outcome.kind };
    case 'retry':
      return { incoming, outcome: 'retry', delay: outcome.delay, cause: outcome.cause };
    case 'dead':
      return { incoming, outcome: 'dead', cause: outcome.cause };
    default:
      return undefined;
  }
}
