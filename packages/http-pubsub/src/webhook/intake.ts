import type { Incoming, SourceSession } from '@millrace/core';

/** What the sender is told of the events of one request. */
export type Taken =
  /** Handled, or given up on with a dead letter; or kept where a crash does not reach it. */
  | { readonly state: 'settled' | 'accepted' }
  /** Not all of them: send it again. */
  | { readonly state: 'later'; readonly code: string; readonly seconds: number };

/** How events get from a request to core, and what is waited for before the request is answered. */
export interface Intake extends Pick<SourceSession, 'receive' | 'settle' | 'letGo' | 'extend'> {
  /** False: a request would be told to come later, so that its body need not be read. */
  readonly hasRoom: boolean;
  readonly pending: number;
  /** Rejects when they can't be stored. `late` tells whether all were settled after all, when the answer was `later` by then. */
  take(events: readonly Incoming[], late: (settled: boolean) => void): Promise<Taken>;
  close(): void;
}
