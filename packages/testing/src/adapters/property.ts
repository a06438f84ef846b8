import type { ConformanceProperty } from '../conformance.ts';
import type { Bench } from './bench/bench.ts';

/** A property that says nothing of an adapter, and why. */
export interface Skip {
  readonly result: 'skip';
  readonly reason: string;
}

export interface AdapterProperty extends ConformanceProperty<Bench, Skip | void> {
  /** `P1` to `P30`. */
  readonly id: string;
}

export function skip(reason: string): Skip {
  return { result: 'skip', reason };
}
