import { isBayeuxError } from '../bayeux/bayeux-error.ts';
import type { Recovery, Step } from './recovery.ts';
import { recoveryFrom } from './recovery.ts';

/** The session can't go on as it is. */
export interface Setback {
  readonly recovery: Recovery;
  readonly error: Error;
  /** It is we who give it up: the server still has it. */
  readonly ours?: boolean;
}

export function setbackFrom(error: unknown, step: Step): Setback {
  if (isBayeuxError(error)) return { recovery: recoveryFrom(error.failure, step), error };
  return giveUp(error);
}

/** Nothing that another try would mend. */
export function giveUp(error: unknown): Setback {
  return {
    recovery: { action: 'give-up' },
    error: error instanceof Error ? error : new Error(String(error)),
  };
}

/** The whole reply has come, whatever it says. Otherwise there may have been events in it, which the server takes as delivered. */
export function wasAnswered(error: unknown): boolean {
  return isBayeuxError(error) && ['meta', 'disconnected', 'poll-expired'].includes(error.failure.kind);
}

/** The session is good, and of no more use to us. */
export function newSession(reason: string): Setback {
  return { recovery: { action: 'handshake', everybody: false }, error: new Error(reason), ours: true };
}
