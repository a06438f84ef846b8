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
  /** Starts what all contenders need. */
  open(): Promise<OpenSuite | MissingServer>;
}

export interface OpenSuite {
  readonly contenders: readonly Contender[];
  /** Called after those of the contenders. */
  close?(): Promise<void>;
}

/** Why a suite can't be measured here. */
export interface MissingServer {
  readonly missing: string;
}
