import type { Samples } from '../measure/rounds.ts';
import { median, quantile, ratioInterval, seededRandom } from '../measure/statistics.ts';
import type { Measurement } from '../measure/stopwatch.ts';

/** A low and a high end. */
export type Interval = readonly [number, number];

/** One measured quantity. `docs/benchmarks.md` describes it. */
export interface Result {
  readonly id: string;
  readonly unit: 'us/message' | 'messages/s' | 'ms';
  /** Medians. */
  readonly millrace: number;
  readonly raw: number;
  /** Millrace over raw: for a cost or a delay less is better, for a throughput more. */
  readonly ratio: number;
  readonly peers: Readonly<Record<string, number>>;
  /** 10th and 90th percentile of each contender's samples; for `ratio` the 95 % interval. */
  readonly spread: Readonly<Record<string, Interval>>;
}

const units = { cpu: 'us/message', throughput: 'messages/s', delay: 'ms' } as const;

export interface Quantity {
  readonly id: string;
  /** `delay`: the time of the whole sample. */
  readonly kind: 'cpu' | 'throughput' | 'delay';
  /** Names of the contenders that are compared. */
  readonly millrace: string;
  readonly raw: string;
  readonly peers: readonly string[];
}

const bootstrapSeed = 20_261_120;

export function toResult({ id, kind, ...names }: Quantity, samples: Samples, messages: number): Result {
  const valuesOf = (name: string) =>
    (samples.get(name) ?? []).map((measurement) => value(kind, measurement, messages));
  const millrace = valuesOf(names.millrace);
  const raw = valuesOf(names.raw);
  const peers = names.peers.map((name) => [name, valuesOf(name)] as const);
  return {
    id,
    unit: units[kind],
    millrace: rounded(median(millrace)),
    raw: rounded(median(raw)),
    ratio: rounded(median(millrace) / median(raw)),
    peers: Object.fromEntries(peers.map(([name, values]) => [name, rounded(median(values))])),
    spread: {
      millrace: percentiles(millrace),
      raw: percentiles(raw),
      ...Object.fromEntries(peers.map(([name, values]) => [name, percentiles(values)])),
      ratio: roundedPair(ratioInterval(millrace, raw, seededRandom(bootstrapSeed))),
    },
  };
}

function value(kind: Quantity['kind'], { cpu, seconds }: Measurement, messages: number): number {
  switch (kind) {
    case 'cpu':
      return cpu / messages;
    case 'throughput':
      return messages / seconds;
    case 'delay':
      return seconds * 1_000;
  }
}

function percentiles(values: readonly number[]): Interval {
  return roundedPair([quantile(values, 0.1), quantile(values, 0.9)]);
}

function roundedPair([low, high]: Interval): Interval {
  return [rounded(low), rounded(high)];
}

/** Four digits are more than the machine knows. */
function rounded(number: number): number {
  return Number(number.toPrecision(4));
}
