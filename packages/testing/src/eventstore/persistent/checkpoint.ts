import type { Clock } from '@millrace/core';
import type { GroupSettings } from './group-settings.ts';
import type { FeedEntry, GroupMessage, GroupPosition, MessageOrder } from './message.ts';

/** How far a group has come, and how far of it is done. */
export interface Checkpoint {
  /** What the next message is after. */
  next(): MessageOrder;
  /** The group is past that entry: a consumer has it, or nobody will. */
  pass(entry: FeedEntry): void;
  /** Writes a checkpoint if it is time for one. `unsettled` tells the messages that are not done, if it has to be known. */
  mark(unsettled: () => readonly GroupMessage[], kind: 'settled' | 'tick'): void;
  /** The last one that was written or loaded. */
  readonly saved: GroupPosition | undefined;
}

/**
 * A checkpoint stands before the first message that is not done. It is written when the maximum count of messages was
 * passed since the last one, or on a tick of the server's clock when the minimum was, and the last is old enough.
 */
export function createCheckpoint(
  settings: GroupSettings,
  clock: Clock,
  loaded: GroupPosition | undefined,
  save: (position: GroupPosition) => void,
): Checkpoint {
  let sequence = 0;
  let passed = loaded;
  let saved = loaded;
  let savedSequence = 0;
  let savedAt = Number.NEGATIVE_INFINITY;

  /** How many messages are done without a gap, and the position of the last of them. */
  function done(unsettled: readonly GroupMessage[]): MessageOrder {
    let lowest: MessageOrder = { sequence, previous: passed };
    for (const { order } of unsettled) if (order && order.sequence < lowest.sequence) lowest = order;
    return lowest;
  }

  return {
    next: () => ({ sequence, previous: passed }),
    pass({ position, kind }) {
      if (kind !== 'bookkeeping') sequence += 1;
      passed = position;
    },
    mark(unsettled, kind) {
      // Asked after each ack: then most of the time it is clear without looking.
      if (kind === 'settled' && sequence - savedSequence < settings.maxCheckpointCount) return;
      const { sequence: count, previous } = done(unsettled());
      const difference = count - savedSequence;
      if (previous === undefined || difference < 1) return;
      const full = difference >= settings.maxCheckpointCount;
      const due = clock.monotonic() - savedAt >= settings.checkpointAfter;
      if (!full && !(kind === 'tick' && due && difference >= settings.minCheckpointCount)) return;
      savedAt = clock.monotonic();
      savedSequence = count;
      saved = previous;
      save(previous);
    },
    get saved() {
      return saved;
    },
  };
}
