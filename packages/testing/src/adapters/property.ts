import type { ConformanceProperty } from '../conformance.ts';
import type { Bench } from './bench/bench.ts';

/** What a property that does not fail says of an adapter. */
export type AdapterVerdict =
  /** `reason`: why a part of it was not tried. */
  | { readonly result: 'pass'; readonly reason?: string }
  /** It says nothing of this adapter, or could not be tried. */
  | { readonly result: 'skip'; readonly reason: string };

export interface AdapterProperty extends ConformanceProperty<Bench, AdapterVerdict | void> {
  /** `P1` to `P30`. */
  readonly id: string;
}

export function skip(reason: string): AdapterVerdict {
  return { result: 'skip', reason };
}

/** The rest holds. */
export function passWithout(reason: string): AdapterVerdict {
  return { result: 'pass', reason };
}
