import type { SourceContext } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import { createBackOff } from './back-off.ts';
import type { Setback } from './setback.ts';
import { giveUp } from './setback.ts';

/** Keeps count of what goes wrong: how long to wait before the next session, and when it has lasted too long. */
export interface Outage {
  /** Milliseconds before the next session. 0: at once, as nothing is wrong with the server. */
  delayAfter(setback: Setback): number;
  /** Whether that was routine: nothing is wrong, however long the delay. */
  readonly isRoutine: boolean;
  /** A connect has succeeded. */
  over(): void;
  close(): void;
}

export interface OutageOptions {
  readonly context: Pick<SourceContext, 'clock' | 'random'>;
  /** Milliseconds. */
  readonly connectionTimeout: number;
  readonly onTimeout: (setback: Setback) => void;
}

/** A connection that held for so many milliseconds was good: what comes next is something new. */
const steady = 10_000;
/** Milliseconds over which the clients that a server has sent away at the same time come back. */
const spread = 1_000;

export function createOutage({ context, connectionTimeout, onTimeout }: OutageOptions): Outage {
  const { clock, random } = context;
  const backOff = createBackOff(random);
  let since = -Infinity;
  /** Routine troubles in a row. */
  let routine = 0;
  let isRoutine = false;
  let cancelDeadline: (() => void) | undefined;

  function watch(cause: Error): void {
    if (connectionTimeout === Infinity) return;
    cancelDeadline ??= clock.setTimeout(
      () => onTimeout(giveUp(lost(connectionTimeout, cause))),
      connectionTimeout,
    );
  }

  return {
    delayAfter({ recovery, error }) {
      since = clock.monotonic();
      watch(error);
      isRoutine = recovery.action !== 'back-off' && routine === 0;
      if (recovery.action === 'back-off') return backOff.next(recovery.pace, recovery.atLeast);
      routine += 1;
      // What is routine once is not when it happens again and again.
      if (routine > 1) return backOff.next('normal');
      return recovery.action === 'handshake' && recovery.everybody ? Math.ceil(random() * spread) : 0;
    },
    get isRoutine() {
      return isRoutine;
    },
    over() {
      cancelDeadline?.();
      cancelDeadline = undefined;
      if (clock.monotonic() - since < steady) return;
      routine = 0;
      backOff.reset();
    },
    close() {
      cancelDeadline?.();
    },
  };
}

function lost(milliseconds: number, cause: Error): Error {
  return salesforceError(
    'SALESFORCE_CONNECTION_LOST',
    `There was no connection to Salesforce for ${milliseconds} ms (\`connectionTimeout\`). The last trouble: ${cause.message}`,
    cause,
  );
}
