import type { Clock } from '@millrace/core';

/** Remembers what was accepted before, so that nobody gets through with a copy. */
export interface ReplayGuard {
  /**
   * True: it is new, and remembered from now on for so many milliseconds. False: it was there. Rejects when it can't be
   * told. Guards of several processes that share a secret must share their memory.
   */
  remember(proof: string, milliseconds: number): Promise<boolean>;
}

/**
 * One that can also take it back. Webhooks need it: a request that was refused for now has to be welcome when it comes
 * again, byte for byte the same.
 */
export interface RevocableReplayGuard extends ReplayGuard {
  /** Whether it is remembered now. */
  has(proof: string): Promise<boolean>;
  /** As if it had never been seen. */
  forget(proof: string): Promise<void>;
}

/** Proofs that one process keeps, of the last minutes. */
export function memoryReplayGuard(clock: Clock): RevocableReplayGuard {
  const until = new Map<string, number>();

  function forgetOld(now: number): void {
    // In the order in which they came, which is about that in which they end.
    for (const [proof, end] of until) {
      if (end > now) return;
      until.delete(proof);
    }
  }

  return {
    async remember(proof, milliseconds) {
      const now = clock.monotonic();
      forgetOld(now);
      if ((until.get(proof) ?? -Infinity) > now) return false;
      until.delete(proof);
      until.set(proof, now + milliseconds);
      return true;
    },
    has: async (proof) => (until.get(proof) ?? -Infinity) > clock.monotonic(),
    async forget(proof) {
      until.delete(proof);
    },
  };
}
