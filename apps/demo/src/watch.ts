import { setTimeout as pause } from 'node:timers/promises';
import type { Incident } from './incident.ts';
import type { Books } from './ledger/books.ts';
import type { Narrator } from './narrator.ts';
import type { WorkerProcess } from './worker/process.ts';

export interface WatchOptions {
  /** Events that are not settled yet. */
  readonly backlog: () => Promise<number>;
  readonly books: Books;
  readonly narrator: Narrator;
  readonly crew: readonly WorkerProcess[];
  readonly expected: number;
  readonly signal: AbortSignal;
  readonly allPublished: () => boolean;
  readonly incident: Incident;
}

const lookEvery = 50;

/** Looks until nothing is left: what is not in the books then will never be. */
export async function watch(options: WatchOptions): Promise<void> {
  const { books, narrator, crew, expected, signal } = options;
  for (;;) {
    signal.throwIfAborted();
    const allPublished = options.allPublished();
    const backlog = await options.backlog();
    const effects = books.effects();
    narrator.standing({ effects, expected, backlog });
    const crash = crew.find((worker) => worker.crash !== undefined)?.crash;
    if (crash !== undefined) throw new Error(crash);
    await options.incident.proceed(effects);
    if (allPublished && backlog === 0) return;
    await pause(lookEvery, undefined, { signal });
  }
}
