/** What became of requests, for the health report. */
export interface Counters {
  count(what: 'settled' | 'accepted' | 'duplicates' | 'answered'): void;
  later(code: string): void;
  refused(code: string): void;
  snapshot(): Readonly<Record<string, unknown>>;
}

/** Codes are ours, but a custom verifier may make up ever new ones. */
const mostCodes = 64;

export function createCounters(): Counters {
  const counts = { settled: 0, accepted: 0, duplicates: 0, answered: 0 };
  const later = new Map<string, number>();
  const refused = new Map<string, number>();
  function add(codes: Map<string, number>, code: string): void {
    const name = codes.has(code) || codes.size < mostCodes ? code : 'other';
    codes.set(name, (codes.get(name) ?? 0) + 1);
  }
  return {
    count(what) {
      counts[what] += 1;
    },
    later: (code) => add(later, code),
    refused: (code) => add(refused, code),
    snapshot: () => ({ ...counts, later: Object.fromEntries(later), refused: Object.fromEntries(refused) }),
  };
}
