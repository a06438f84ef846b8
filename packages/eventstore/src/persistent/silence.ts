import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';

export interface SilenceOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly milliseconds: () => number;
  /** Grows with whatever comes; undefined while nothing is waited for. */
  readonly activity: () => number | undefined;
  readonly onSilence: () => Promise<void>;
}

/** Tells each time that nothing has come for so long. Resolves when the signal aborts. */
export async function whenSilent(options: SilenceOptions): Promise<void> {
  const { clock, signal, milliseconds, activity, onSilence } = options;
  while (!signal.aborted) {
    const before = activity();
    await wait(clock, milliseconds(), signal);
    if (!signal.aborted && before !== undefined && activity() === before) await onSilence();
  }
}
