import type { Clock } from '@millrace/core';
import type { Lease } from '../ports/delivery-store.ts';
import type { PublishedMessage } from '../ports/message.ts';

/** A delivery, a hint or a dead letter. Times are monotonic milliseconds. */
export interface Row {
  readonly id: string;
  readonly url: string;
  readonly recovery: string | undefined;
  readonly topic: Uint8Array;
  /** None: a hint. */
  readonly message: PublishedMessage | undefined;
  attempts: number;
  failure: string | undefined;
  redrives: number;
  fence: number;
  /** When it is due, and may be leased: with a lease, when that ends. */
  due: number;
  owner: string | undefined;
  /** Milliseconds since 1970; it is a dead letter. */
  diedAt: number | undefined;
}

/** The row of a lease that holds. */
export function heldRow(
  rows: ReadonlyMap<string, Row>,
  { id, owner, fence }: Lease,
  clock: Clock,
): Row | undefined {
  const row = rows.get(id);
  // A lease that ran out is gone also when nobody has taken it over: so it is in every store.
  if (!row || row.owner !== owner || row.fence !== fence || row.due <= clock.monotonic()) return undefined;
  return row;
}
