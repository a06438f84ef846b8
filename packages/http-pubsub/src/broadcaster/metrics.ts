/** What a broadcaster counts, from its start. */
export const counters = [
  /** Messages that were published and are answered for. */
  'published',
  /** Messages that could not be kept, or told to nobody, and whose publisher was told so. */
  'notPublished',
  /** Times that a message was posted to a subscriber. */
  'sent',
  /** Of these, confirmed. */
  'confirmed',
  /** Of these, failed. */
  'failed',
  /** Messages handed to subscribers inside of the process. */
  'local',
  /** Deliveries that were put aside to be tried again. */
  'postponed',
  /** Deliveries that were given up. */
  'givenUp',
  /** Hints that something was missed: confirmed, and given up. */
  'hintsConfirmed',
  'hintsGivenUp',
  /** Requests that were refused for want of authorization, or of permission. */
  'refused',
] as const;

export type Counter = (typeof counters)[number];

export interface Metrics {
  count(name: Counter, times?: number): void;
  counts(): Readonly<Record<Counter, number>>;
}

export function createMetrics(): Metrics {
  const counts = Object.fromEntries(counters.map((name) => [name, 0])) as Record<Counter, number>;
  return {
    count(name, times = 1) {
      counts[name] += times;
    },
    counts: () => ({ ...counts }),
  };
}
