import { untilSucceeds } from './backoff.ts';
import type { Clock } from './clock.ts';
import { deadLetterId } from './dead-letters.ts';
import type { Delivery, Outcome, Run } from './delivery.ts';
import { done, release } from './delivery.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { DeadLetter, DeadLetterStore } from './ports/dead-letter-store.ts';
import { redriveKey } from './redrive-key.ts';
import type { Trouble } from './source-health.ts';

export interface ReplayedOptions {
  readonly consumer: string;
  readonly deadLetters: DeadLetterStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Aborts at drain: stop waiting for the store. */
  readonly signal: AbortSignal;
  readonly degraded: (trouble: Trouble, reason: MillraceError) => void;
  readonly recovered: (trouble: Trouble) => void;
}

/**
 * What a broker hands out once more after it was given up on. Replayed: a handler that gave up runs again, one that was done
 * does not. By itself: nothing runs.
 */
export interface Replayed {
  /** Finds the letters, and gives runs that left one the key of its redrive. Waits for a store that is down. */
  recall(deliveries: readonly Delivery[]): Promise<void>;
  /** Finds out which of the duplicates were given up on. Waits for a store that is down. */
  recognise(deliveries: readonly Delivery[]): Promise<void>;
  /** Removes the letters of what is done by now. Never rejects: redriving one that is left finds it done. */
  removeLetters(deliveries: readonly Delivery[]): Promise<void>;
}

export function createReplayed(options: ReplayedOptions): Replayed {
  const { consumer, deadLetters, log } = options;

  async function lettersOf({ message, runs }: Delivery): Promise<readonly DeadLetter[]> {
    const handlers = [undefined, ...runs.map(({ plan }) => plan.registration.name)];
    const found = handlers.map((handler) =>
      deadLetters.get(deadLetterId(consumer, message.source, handler, message.id)),
    );
    return (await Promise.all(found)).filter((letter) => letter !== undefined);
  }

  /** Undefined: it is stopping. */
  async function lettersOfAll(
    deliveries: readonly Delivery[],
  ): Promise<readonly (readonly DeadLetter[])[] | undefined> {
    const found = await untilSucceeds(() => Promise.all(deliveries.map(lettersOf)), {
      ...options,
      failed(cause) {
        const problem = 'What is handed out again waits until its dead letters can be read.';
        options.degraded('dead-letters', new MillraceError('STORE_UNAVAILABLE', problem, { cause }));
      },
    });
    if (found) options.recovered('dead-letters');
    return found;
  }

  return {
    async recall(deliveries) {
      const found = await lettersOfAll(deliveries);
      // Where there are none because it is stopping, nothing of it will be started.
      deliveries.forEach((delivery, index) => remember(delivery, found?.[index] ?? []));
    },

    async recognise(deliveries) {
      const duplicates = deliveries.filter(
        ({ incoming, runs }) => !incoming.replayed && runs.some(({ outcome }) => outcome?.kind === 'done'),
      );
      if (duplicates.length === 0) return;
      const found = await lettersOfAll(duplicates);
      duplicates.forEach(({ runs }, index) => {
        for (const run of runs) if (run.outcome?.kind === 'done') run.outcome = asBefore(run, found?.[index]);
      });
    },

    async removeLetters(deliveries) {
      const ids = deliveries.flatMap((delivery) =>
        delivery.letters.filter(({ handler }) => isDone(delivery, handler)).map(({ id }) => id),
      );
      await deadLetters
        .removeMany(ids)
        .catch((error: unknown) => log.warn('Dead letters of what is done now were left.', { error, ids }));
    },
  };
}

function remember(delivery: Delivery, letters: readonly DeadLetter[]): void {
  delivery.letters = letters;
  for (const run of delivery.runs) {
    const letter = letters.find(({ handler }) => handler === run.plan.registration.name);
    if (letter) run.key = redriveKey(run.key, letter);
  }
}

/** What became of a run that was done by an earlier delivery: its handler may have given up. */
function asBefore({ plan }: Run, letters: readonly DeadLetter[] | undefined): Outcome {
  if (letters === undefined) return release;
  const letter = letters.find(({ handler }) => handler === plan.registration.name);
  if (letter === undefined) return done;
  return { kind: 'dead', reason: letter.reason, cause: new Error(letter.error.message), kept: true };
}

function isDone({ lost, outcome, runs }: Delivery, handler: string | undefined): boolean {
  if (lost) return false;
  if (handler === undefined) return runs.length > 0 && outcome?.kind === 'done';
  return runs.some((run) => run.plan.registration.name === handler && run.outcome?.kind === 'done');
}
