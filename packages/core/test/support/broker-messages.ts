import type { Settlement } from '../../src/source.ts';

/** What a broker in one process and a consumer in another tell each other. */
export type ToBroker =
  /** Room for so many. Answered by a delivery, sooner or later. */
  { readonly want: number } | { readonly settled: readonly Settled[] };

export interface Settled {
  readonly id: string;
  readonly outcome: Settlement['outcome'];
  /** Milliseconds. */
  readonly delay: number;
}

export interface ToConsumer {
  readonly ids: readonly string[];
}
