import type { Leaders, Wire } from './wire.ts';

/** Milliseconds for which it is taken for granted which partitions a topic has, and who leads them, while all is well. */
const maxAge = 60_000;

/** Who leads the partitions of topics, as far as it was asked. */
export interface KnownLeaders {
  /** Asks only when it does not know. Rejects with a KafkaError that begins with `what`. */
  of(topic: string, what: string): Promise<Leaders>;
  /** What is known of it may be wrong. */
  forget(topic: string): void;
}

export function knownLeaders(wire: Pick<Wire, 'insist' | 'topics'>): KnownLeaders {
  const known = new Map<string, { readonly leaders: Leaders; readonly until: number }>();

  return {
    async of(topic, what) {
      const before = known.get(topic);
      if (before !== undefined && performance.now() < before.until) return before.leaders;
      const found = await wire.insist(what, () => wire.topics([topic]));
      const leaders: Leaders = found.get(topic) ?? new Map();
      known.set(topic, { leaders, until: performance.now() + maxAge });
      return leaders;
    },
    forget: (topic) => void known.delete(topic),
  };
}
