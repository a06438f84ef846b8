import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { Cursor } from '../cursor.ts';
import { isAfter } from '../cursor.ts';
import { passesByItself } from '../errors.ts';
import { failureOf } from '../failure.ts';

export interface StallWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Milliseconds of silence before the database is asked. */
  readonly silence: () => number;
  /** Asks for the place of the last event; rejects when there is no answer. */
  readonly readHead: () => Promise<Cursor>;
  readonly onHead: (head: Cursor) => void;
  /** Grows with whatever the subscription brings; undefined while nothing is waited for from it. */
  readonly activity: () => number | undefined;
  /** The place that reading has got to. */
  readonly place: () => Cursor;
  readonly onStalled: (why: string) => void;
}

/** Milliseconds for an event that was appended while the database was asked. */
const grace = 5_000;

/** Connections die in silence, and servers drop subscriptions without a word: only the head of the log tells. Resolves when the signal aborts. */
export async function watchForStalls(options: StallWatchOptions): Promise<void> {
  const { clock, signal, silence, activity } = options;
  while (!signal.aborted) {
    const before = activity();
    await wait(clock, silence(), signal);
    if (signal.aborted) return;
    const why = await reasonToDoubt(options);
    // Only what stays silent after the answer has stalled.
    if (why === undefined || before === undefined || activity() !== before) continue;
    await wait(clock, Math.min(grace, silence()), signal);
    if (!signal.aborted && activity() === before) options.onStalled(why);
  }
}

async function reasonToDoubt({ readHead, onHead, place }: StallWatchOptions): Promise<string | undefined> {
  try {
    const head = await readHead();
    onHead(head);
    return isAfter(head, place()) ? 'There are events, and the subscription brings none.' : undefined;
  } catch (error) {
    if (!passesByItself(failureOf(error).error)) return undefined;
    return 'The subscription is silent, and the database does not answer.';
  }
}
