import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { Tally } from '../records/verdicts.ts';

/** Waits a random time before the try with this number. */
export type Pause = (attempt: number) => Promise<void>;

/** Milliseconds, doubled for each further try. */
const firstPause = 4;

export function randomPause(clock: Clock, random: () => number): Pause {
  return (attempt) => wait(clock, random() * firstPause * 2 ** attempt);
}

const tries = 5;

/**
 * When several ask for a key in the same instant, each may get the vote of some nodes and nobody a majority. All have
 * given back what they got, so the first one to ask again gets it.
 */
export async function retrySplits<Request>(
  requests: readonly Request[],
  claim: (requests: readonly Request[]) => Promise<readonly Tally[]>,
  pause: Pause,
): Promise<readonly Tally[]> {
  const tallies = [...(await claim(requests))];
  for (let attempt = 1; attempt < tries; attempt += 1) {
    const split = tallies.flatMap((tally, index) => (tally.status === 'split' ? [index] : []));
    if (split.length === 0) break;
    await pause(attempt);
    const again = await claim(split.flatMap((index) => requests[index] ?? []));
    split.forEach((index, place) => {
      const tally = again[place];
      if (tally) tallies[index] = tally;
    });
  }
  return tallies;
}
