import type { RandomFaultKind, RandomFaults, SalesforceEmulator } from '@millrace/testing/salesforce';
import { randomFaultKinds } from '@millrace/testing/salesforce';

/** Faults by chance that hit every kind of request. */
export interface Storm {
  readonly raging: boolean;
  /** How many there were, by kind. */
  readonly injected: Readonly<Record<RandomFaultKind, number>>;
  /** Kinds of which there was none so far. */
  readonly missing: readonly RandomFaultKind[];
  begin(): void;
  /**
   * From now on only those that are missing, and often; to be called again and again. Sessions are ended now and then,
   * so that there are requests of all kinds.
   */
  completeThem(): void;
  stop(): void;
}

/** Milliseconds of real time: enough for a reader to get over a kick. */
const betweenKicks = 1_500;

export function createStorm(org: SalesforceEmulator, seed: number, every: number): Storm {
  const gusts: RandomFaults[] = [];
  let raging = false;
  let limitedTo: number | undefined;
  let kickedAt = -Infinity;

  function injected(): Readonly<Record<RandomFaultKind, number>> {
    const counts = randomFaultKinds.map((kind) => [
      kind,
      gusts.reduce((sum, gust) => sum + (gust.injected[kind] ?? 0), 0),
    ]);
    return Object.fromEntries(counts) as Record<RandomFaultKind, number>;
  }

  function missing(): readonly RandomFaultKind[] {
    const counts = injected();
    return randomFaultKinds.filter((kind) => counts[kind] === 0);
  }

  function blow(kinds: readonly RandomFaultKind[], one: number): void {
    gusts.push(org.randomFaults({ seed: seed + gusts.length, every: one, kinds }));
    raging = true;
  }

  return {
    get raging() {
      return raging;
    },
    get injected() {
      return injected();
    },
    get missing() {
      return missing();
    },
    begin: () => blow(randomFaultKinds, every),
    completeThem() {
      const kinds = missing();
      if (kinds.length > 0 && performance.now() - kickedAt > betweenKicks) {
        kickedAt = performance.now();
        org.kick();
      }
      if (kinds.length === limitedTo) return;
      limitedTo = kinds.length;
      blow(kinds, 2);
    },
    stop() {
      gusts.at(-1)?.stop();
      raging = false;
    },
  };
}
