import type { Clock } from './clock.ts';
import { wait } from './clock.ts';

/** Waits for the work, but no longer than so many milliseconds: what hangs must not keep others. `failed` hears of a reject. */
export async function within(
  clock: Clock,
  milliseconds: number,
  work: () => Promise<unknown>,
  failed: (error: unknown) => void,
): Promise<void> {
  const enough = new AbortController();
  const guarded = Promise.resolve().then(work).catch(failed);
  await Promise.race([guarded, wait(clock, milliseconds, enough.signal)]);
  enough.abort();
}
