import type { Clock } from '@millrace/core';
import type { LoggedEvent } from './event.ts';
import { everything, tip } from './replay-id.ts';

interface Entry {
  readonly replayId: bigint;
  readonly at: number;
  /** Undefined: a place that was passed without an event of this channel. */
  readonly event: LoggedEvent | undefined;
}

export interface ChannelLogOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Milliseconds. */
  readonly retention: number;
  readonly firstReplayId: bigint;
  /** How many ids are left out at most between two events. */
  readonly gap: number;
}

/** What is retained of one channel. */
export interface ChannelLog {
  append(build: (replayId: bigint) => LoggedEvent): LoggedEvent;
  pass(): bigint;
  /** The newest id that was given away. */
  readonly newest: bigint | undefined;
  after(replayId: bigint): readonly LoggedEvent[] | 'invalid';
  /** Deletes these, or all, and answers how many events there were. */
  delete(replayIds?: readonly bigint[]): number;
}

export function createChannelLog({
  clock,
  random,
  retention,
  firstReplayId,
  gap,
}: ChannelLogOptions): ChannelLog {
  let entries: Entry[] = [];
  let newest: bigint | undefined;

  function nextId(): bigint {
    newest = newest === undefined ? firstReplayId : newest + 1n + BigInt(Math.floor(random() * (gap + 1)));
    return newest;
  }

  function expire(): void {
    const oldest = clock.now() - retention;
    const kept = entries.findIndex(({ at }) => at > oldest);
    if (kept !== 0) entries = kept === -1 ? [] : entries.slice(kept);
  }

  function indexOf(replayId: bigint): number {
    let [low, high] = [0, entries.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = entries[middle];
      if (entry !== undefined && entry.replayId < replayId) low = middle + 1;
      else high = middle;
    }
    return entries[low]?.replayId === replayId ? low : -1;
  }

  return {
    append(build) {
      expire();
      const event = build(nextId());
      entries.push({ replayId: event.replayId, at: clock.now(), event });
      return event;
    },
    pass() {
      const replayId = nextId();
      entries.push({ replayId, at: clock.now(), event: undefined });
      return replayId;
    },
    get newest() {
      return newest;
    },
    after(replayId) {
      expire();
      if (replayId === tip) return [];
      const index = replayId === everything ? -1 : indexOf(replayId);
      if (index === -1 && replayId !== everything) return 'invalid';
      return entries.slice(index + 1).flatMap(({ event }) => event ?? []);
    },
    delete(replayIds) {
      expire();
      const wanted = replayIds && new Set(replayIds);
      const isGone = ({ replayId }: Entry) => wanted === undefined || wanted.has(replayId);
      const count = entries.filter((entry) => isGone(entry) && entry.event !== undefined).length;
      entries = entries.filter((entry) => !isGone(entry));
      return count;
    },
  };
}
