import type { Position } from './message.ts';

/** A delivered message's place in the order of its channel. */
export interface Mark {
  settle(): void;
}

export interface LowWaterMark {
  /** To be called in the order of delivery. */
  track(position: Position): Mark;
  /** The newest position at or below which everything tracked is settled; undefined before the first. */
  readonly position: Position | undefined;
  /** Tracked and not below the mark yet. */
  readonly pending: number;
}

/**
 * Moves only over an unbroken run of settled messages: one that is settled before an older one waits for it.
 * `onAdvance` is called with how many were passed.
 */
export function createLowWaterMark(onAdvance: (passed: number) => void): LowWaterMark {
  interface Entry extends Mark {
    readonly position: Position;
    settled: boolean;
  }
  let entries: Entry[] = [];
  let head = 0;
  let reached: Position | undefined;

  function advance(): void {
    const from = head;
    let entry = entries[head];
    while (entry?.settled) {
      reached = entry.position;
      head += 1;
      entry = entries[head];
    }
    const passed = head - from;
    if (head > 1_000 && head * 2 > entries.length) {
      entries = entries.slice(head);
      head = 0;
    }
    if (passed > 0) onAdvance(passed);
  }

  return {
    track(position) {
      const entry: Entry = {
        position,
        settled: false,
        settle() {
          entry.settled = true;
          advance();
        },
      };
      entries.push(entry);
      return entry;
    },
    get position() {
      return reached;
    },
    get pending() {
      return entries.length - head;
    },
  };
}
