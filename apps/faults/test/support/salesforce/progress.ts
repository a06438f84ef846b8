import type { Books } from './books.ts';
import type { Crm } from './crm.ts';
import type { Findings } from './history.ts';
import { examine } from './history.ts';
import type { Reader } from './reader.ts';
import type { Storm } from './storm.ts';

export interface Watched {
  readonly crm: Crm;
  readonly books: Books;
  readonly reader: Reader;
  readonly storm: Storm;
}

/** Milliseconds of real time in which nothing has to happen: longer than the longest back-off of the reader. */
const patience = 60_000;

/** To be called again and again: rejects when the reader has ended by itself, or when nothing happens any more. */
export function watchProgress({ crm, books, reader, storm }: Watched): () => Promise<void> {
  let last = '';
  let since = performance.now();
  return async () => {
    const now = `${books.effects} effects of ${crm.published.length} events, ${storm.missing.length} kinds of faults to come`;
    if (now !== last) since = performance.now();
    last = now;
    const stuck = performance.now() - since > patience ? 'Nothing happens any more' : undefined;
    const problem = reader.failure ?? stuck;
    if (problem === undefined) return;
    const { connectsBySession: _, ...counters } = crm.org.counters;
    const findings = firstOf(examine(books.history(crm.published)));
    const state = { findings, health: await reader.health(), counters, injected: storm.injected };
    throw new Error(`${problem}: ${now}. ${JSON.stringify(state, undefined, 2)}`);
  };
}

/** Enough to go by; there may be thousands. */
function firstOf(findings: Findings): object {
  const lists = Object.entries(findings).map(([name, found]: [string, unknown]) => [
    name,
    Array.isArray(found) ? { count: found.length, first: found.slice(0, 3) as unknown } : found,
  ]);
  return Object.fromEntries(lists) as object;
}
