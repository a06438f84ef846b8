import type { Contender } from './measure/contender.ts';
import type { Quantity } from './report/result.ts';

/** Contenders that are measured together, and what is read from their samples. */
export interface Suite {
  readonly name: string;
  readonly messages: number;
  readonly warmUps: number;
  /** A multiple of the number of balanced orders: of the contenders' number, twice that where it is odd. */
  readonly samples: number;
  readonly quantities: readonly Quantity[];
  /** Starts what all contenders need; `close`, called after theirs, ends it. */
  open(): Promise<{ readonly contenders: readonly Contender[]; close?(): Promise<void> }>;
}
