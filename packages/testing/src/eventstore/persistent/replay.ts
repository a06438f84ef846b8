import type { Clock } from '@millrace/core';
import type { ResolvedEvent } from '../store/recorded-event.ts';
import type { GroupStreams } from './group-streams.ts';

/** Reads parked events back, a batch at a time. */
export interface Replay {
  /** False when one is under way. It replays parked events before revision `stopAt` of the parked stream, or all there are now. */
  start(stopAt: bigint | undefined): boolean;
  stop(): void;
}

export function createReplay(
  streams: GroupStreams,
  clock: Clock,
  batchSize: number,
  onEvent: (event: ResolvedEvent) => void,
): Replay {
  let cancel: (() => void) | undefined;

  function readFrom(from: bigint, end: bigint): void {
    const rest = end - from;
    const count = rest > BigInt(batchSize) ? batchSize : Number(rest);
    const events = streams.readParked(from, count);
    // What a link points at may be gone by now.
    for (const event of events) if (event.event) onEvent(event);
    const next = from + BigInt(count);
    if (next < end) {
      cancel = clock.setTimeout(() => readFrom(next, end), 0);
      return;
    }
    streams.truncateParked(end);
    cancel = undefined;
  }

  return {
    start(stopAt) {
      if (cancel) return false;
      const range = streams.parked();
      const end = stopAt !== undefined && stopAt < range.end ? stopAt : range.end;
      if (end > range.first) cancel = clock.setTimeout(() => readFrom(range.first, end), 0);
      return true;
    },
    stop() {
      cancel?.();
      cancel = undefined;
    },
  };
}
