import type { Clock } from './clock.ts';
import { wait } from './clock.ts';

export interface Persistence {
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly failed: (error: unknown) => void;
  /** @default Infinity */
  readonly tries?: number;
}

/** Tries until it succeeds, waiting longer each time, up to 5 seconds, with jitter. Undefined: aborted, or out of tries. */
export async function untilSucceeds<T extends object>(
  attempt: () => Promise<T>,
  { clock, random, signal, failed, tries = Infinity }: Persistence,
): Promise<T | undefined> {
  for (let tried = 1, bound = 100; !signal.aborted; tried += 1, bound = Math.min(5_000, bound * 2)) {
    try {
      return await attempt();
    } catch (error) {
      failed(error);
    }
    if (tried >= tries) return undefined;
    await wait(clock, bound / 2 + (random() * bound) / 2, signal);
  }
  return undefined;
}
