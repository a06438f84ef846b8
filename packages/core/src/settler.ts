import { untilSucceeds } from './backoff.ts';
import type { Claims } from './claims.ts';
import type { Clock } from './clock.ts';
import { deadLettersOf, isGivenUp } from './dead-letters.ts';
import type { Delivery } from './delivery.ts';
import { diagnose, diagnoseSettled } from './diagnostics.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { DeadLetter, DeadLetterStore } from './ports/dead-letter-store.ts';
import type { Replayed } from './replayed.ts';
import type { SettleFailure, Settlement, Source, SourceSession } from './source.ts';
import type { Trouble } from './source-health.ts';

export interface SettlerOptions {
  readonly consumer: string;
  readonly source: Source;
  readonly session: SourceSession;
  readonly claims: Claims | undefined;
  readonly deadLetters: DeadLetterStore;
  readonly replayed: Replayed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts when settling must be given up; what is not settled then, the broker delivers again. */
  readonly signal: AbortSignal;
  readonly degraded: (trouble: Trouble, reason: MillraceError) => void;
  readonly recovered: (trouble: Trouble) => void;
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
  let underWay = 0;
  const flushers: (() => void)[] = [];

  function send(): void {
    cancelLinger?.();
    cancelLinger = undefined;
    if (gathered.length === 0) return;
    const batch = gathered;
    gathered = [];
    const dead = batch.filter(isGivenUp);
    if (dead.length === 0) return void start(batch);
    // A dead-letter store that is down must not hold up what was handled.
    void start(dead);
    if (dead.length < batch.length) void start(batch.filter((delivery) => !isGivenUp(delivery)));
  }

  async function start(batch: readonly Delivery[]): Promise<void> {
    underWay += 1;
    try {
      await settle(batch);
    } finally {
      underWay -= 1;
      for (const wake of flushers.splice(0)) wake();
    }
  }

  function linger(): void {
    if (settleBatch.linger > 0 && !options.signal.aborted) {
      cancelLinger = clock.setTimeout(send, settleBatch.linger);
      return;
    }
    cancelLinger = () => {};
    queueMicrotask(send);
  }

  /** Nobody is to be told of it. */
  function isDoneAlready({ outcome, lost }: Delivery): boolean {
    return settlesMessages === 'none' && claims === undefined && outcome?.kind === 'done' && !lost;
  }

  async function settle(batch: readonly Delivery[]): Promise<void> {
    const parked = !batch.some(isGivenUp) || (await parkDead(batch));
    const closed = parked && (claims === undefined || (await closeClaims(claims, batch)));
    if (closed && batch.some(({ letters }) => letters.length > 0))
      await options.replayed.removeLetters(batch);
    const ours: Delivery[] = [];
    for (const delivery of batch) {
      if (closed && !delivery.lost && delivery.outcome?.kind !== 'lost') ours.push(delivery);
      else finish(delivery, false);
    }
    if (settlesMessages !== 'none') await tellBroker(ours);
    else for (const delivery of ours) finish(delivery, true);
  }

  function finish(delivery: Delivery, settled: boolean): void {
    if (settled) diagnoseSettled(delivery);
    options.onFinished(delivery, settled);
  }

  async function parkDead(batch: readonly Delivery[]): Promise<boolean> {
    let letters: readonly DeadLetter[] = [];
    const stored = await persist(
      'dead-letters',
      'DEAD_LETTER_NOT_STORED',
      'A dead letter could not be stored; its message is not acknowledged.',
      async () => {
        const ours = batch.filter(({ lost }) => !lost);
        letters = ours.flatMap((delivery) => deadLettersOf(delivery, options.consumer, clock.now()));
        if (letters.length > 0) await options.deadLetters.putMany(letters);
      },
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

  function closeClaims(claims: Claims, batch: readonly Delivery[]): Promise<boolean> {
    return persist(
      'completions',
      'STORE_UNAVAILABLE',
      'What was handled could not be recorded; its messages are not acknowledged yet.',
      () => claims.close(batch.filter(({ runs }) => runs.length > 0)),
    );
  }

  async function persist(
    trouble: Trouble,
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
          options.degraded(trouble, new MillraceError(code, problem, { cause: error }));
        },
      },
    );
    if (kept) options.recovered(trouble);
    return kept !== undefined;
  }

  async function tellBroker(deliveries: readonly Delivery[]): Promise<void> {
    let open = deliveries;
    await untilSucceeds(
      async () => {
        open = stillOurs(open);
        const failures = open.length === 0 ? [] : await session.settle(open.map(toSettlement));
        open = told(open, failures ?? []);
        if (open.length > 0)
          throw new MillraceError('SETTLE_FAILED', `The broker refused ${open.length} settlements.`);
        return open;
      },
      {
        clock,
        random: options.random,
        signal: options.signal,
        tries: settleTries,
        failed: (error) =>
          options.log.warn('Messages could not be settled.', { error, messages: open.length }),
      },
    );
    for (const delivery of open) finish(delivery, false);
  }

  function stillOurs(deliveries: readonly Delivery[]): readonly Delivery[] {
    if (!deliveries.some(({ lost }) => lost)) return deliveries;
    for (const delivery of deliveries) if (delivery.lost) finish(delivery, false);
    return deliveries.filter(({ lost }) => !lost);
  }

  /** Answers what was refused and is to be told again. */
  function told(deliveries: readonly Delivery[], failures: readonly SettleFailure[]): readonly Delivery[] {
    if (failures.length === 0) {
      for (const delivery of deliveries) finish(delivery, true);
      return [];
    }
    const refused = new Map(failures.map(({ incoming, final }) => [incoming, final]));
    if (failures.some(({ final }) => final)) {
      options.log.warn(
        'Messages were no longer ours when they were settled; the broker delivers them again.',
      );
    }
    return deliveries.filter((delivery) => {
      const final = refused.get(delivery.incoming);
      if (final !== false) finish(delivery, final === undefined);
      return final === false;
    });
  }

  return {
    add(delivery) {
      if (isDoneAlready(delivery)) return finish(delivery, true);
      gathered.push(delivery);
      if (gathered.length >= settleBatch.size) send();
      else if (cancelLinger === undefined) linger();
    },
    async flush() {
      while (gathered.length > 0 || underWay > 0) {
        send();
        await new Promise<void>((wake) => flushers.push(wake));
      }
    },
  };
}

function toSettlement({ incoming, outcome }: Delivery): Settlement {
  switch (outcome?.kind) {
    case 'retry':
      return { incoming, outcome: 'retry', delay: outcome.delay, cause: outcome.cause };
    case 'dead':
      return { incoming, outcome: 'dead', cause: outcome.cause };
    case 'done':
      return { incoming, outcome: 'done' };
    default:
      return { incoming, outcome: 'release' };
  }
}
