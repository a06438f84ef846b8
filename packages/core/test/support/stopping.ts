import type { ManualClock } from './manual-clock.ts';

/** Turns the clock until the work is over; answers how long that took. Throws when it is not after ten minutes. */
export async function timeTaken(clock: ManualClock, work: Promise<unknown>): Promise<number> {
  const from = clock.monotonic();
  let over = false;
  const ending = work.finally(() => (over = true));
  // It is awaited below; until then a reject is nothing to warn of.
  ending.catch(() => {});
  await clock.advance(0);
  while (!over) {
    if (clock.monotonic() - from > 600_000) throw new Error('It is not over after ten minutes.');
    await clock.advance(100);
  }
  await ending;
  return clock.monotonic() - from;
}
