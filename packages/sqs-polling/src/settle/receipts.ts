import type { Incoming } from '@millrace/core';
import { maxVisibility } from '../options.ts';

/** What SQS wants to see when something is done with a message. */
export interface Receipt {
  readonly handle: string;
  /** Not later than the receive, on the monotonic clock. */
  readonly since: number;
  /** Rises in the order of arrival. */
  readonly sequence: number;
}

/** The receipts of messages in flight; they go when core lets go of the message. */
export type Receipts = WeakMap<Incoming, Receipt>;

/** A receive and a change of visibility cross the network: a cap computed here must not be a breath too late there. */
const margin = 1_000;

/** Whole seconds that the message can still stay invisible, out of the 12 h that SQS grants from the receive. */
export function secondsLeft(receipt: Receipt, now: number): number {
  return Math.max(0, Math.floor((maxVisibility - margin - (now - receipt.since)) / 1_000));
}
