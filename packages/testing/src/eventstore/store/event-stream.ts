import type { ProposedEvent, RecordedEvent } from './recorded-event.ts';
import type { Retention } from './stream-metadata.ts';
import { deletedRevision, keepsAll } from './stream-metadata.ts';

/** One stream. Events stay in it when they can no longer be read: links and `$all` know them by their revision. */
export interface EventStream {
  readonly events: RecordedEvent[];
  readonly revisions: Map<string, bigint>;
  retention: Retention;
  /** Deleted for good. */
  tombstoned: boolean;
}

export function emptyStream(): EventStream {
  return { events: [], revisions: new Map(), retention: keepsAll, tombstoned: false };
}

/** -1 where there is none. */
export function lastRevision(stream: EventStream): bigint {
  return BigInt(stream.events.length) - 1n;
}

/** Deleted, but it may be written to again. */
export function isSoftDeleted(stream: EventStream): boolean {
  return stream.retention.truncateBefore === deletedRevision;
}

/** The first revision that may be read. */
export function firstRevision({ events, retention }: EventStream, now: number): bigint {
  let first = retention.truncateBefore;
  if (retention.maxCount !== undefined) {
    const kept = BigInt(events.length) - retention.maxCount;
    if (kept > first) first = kept;
  }
  const { maxAge } = retention;
  if (maxAge !== undefined) {
    const young = events.findIndex((event) => event.created >= now - maxAge);
    const oldest = BigInt(young === -1 ? events.length : young);
    if (oldest > first) first = oldest;
  }
  return first;
}

/** The last revision of the same events, when they have been written before, one after another. */
export function writtenBefore(
  stream: EventStream,
  proposed: readonly ProposedEvent[],
  from: bigint | undefined,
): bigint | undefined {
  const [first] = proposed;
  if (!first) return undefined;
  const start = from ?? stream.revisions.get(first.id);
  if (start === undefined) return undefined;
  const same = proposed.every((event, index) => stream.events[Number(start) + index]?.id === event.id);
  return same ? start + BigInt(proposed.length) - 1n : undefined;
}
