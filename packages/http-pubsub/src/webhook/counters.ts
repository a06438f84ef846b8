import type { Clock } from '@millrace/core';

/** What became of requests, for the health report. */
export interface Counters {
  count(what: 'settled' | 'accepted' | 'duplicates' | 'answered'): void;
  later(code: string): void;
  /** False: there is a line about this in the log already, of just now. */
  refused(code: string): boolean;
  snapshot(): Readonly<Record<string, unknown>>;
}

/** Codes are ours, but a custom verifier may make up ever new ones. */
const mostCodes = 64;
/** Anybody can have requests refused: they must not fill the log. Milliseconds. */
const quiet = 10_000;

export function createCounters(clock: Clock): Counters {
  const counts = { settled: 0, accepted: 0, duplicates: 0, answered: 0 };
  const later = new Map<string, number>();
  const refused = new Map<string, number>();
  const told = new Map<string, number>();

  function add(codes: Map<string, number>, code: string): string {
    const name = codes.has(code) || codes.size < mostCodes ? code : 'other';
    codes.set(name, (codes.get(name) ?? 0) + 1);
    return name;
  }

  return {
    count(what) {
      counts[what] += 1;
    },
    later: (code) => void add(later, code),
    refused(code) {
      const name = add(refused, code);
      const now = clock.monotonic();
      if (now - (told.get(name) ?? -Infinity) < quiet) return false;
      told.set(name, now);
      return true;
    },
    snapshot: () => ({ ...counts, later: Object.fromEntries(later), refused: Object.fromEntries(refused) }),
  };
}
