import type { Position } from './message.ts';

/** A delivered message's place in the order of its channel. */
export interface Mark {
  /** What had to be done is done; where marks are moved by hand it still waits for a `commit`. */
  settle(): void;
  /** Settled, and nobody is to commit it. */
  pass(): void;
  /** By hand: all up to here may be passed as soon as it is settled. */
  commit(): void;
}

export interface LowWaterMark {
  /** To be called in the order of delivery. */
  track(position: Position): Mark;
  /** The newest position at or below which everything tracked is settled; undefined before the first. */
  readonly position: Position | undefined;
  /** Tracked and not below the mark yet. */
  readonly pending: number;
}

export interface LowWaterMarkOptions {
  /** Whether a settled message also has to be committed, itself or a later one. */
  readonly byHand: boolean;
}

/** A class, since there is one for each message: three closures in each would cost more than all else that it does. */
class Entry implements Mark {
  readonly position: Position;
  /** Its place among all that were ever tracked. */
  readonly number: number;
  state: 'open' | 'settled' | 'passed' = 'open';
  readonly #moved: (entry: Entry, what: 'settled' | 'committed') => void;

  constructor(
    position: Position,
    number: number,
    moved: (entry: Entry, what: 'settled' | 'committed') => void,
  ) {
    this.position = position;
    this.number = number;
    this.#moved = moved;
  }

  settle(): void {
    if (this.state === 'open') this.state = 'settled';
    this.#moved(this, 'settled');
  }

  pass(): void {
    this.state = 'passed';
    this.#moved(this, 'settled');
  }

  commit(): void {
    this.#moved(this, 'committed');
  }
}

/**
 * Moves only over an unbroken run of settled messages: one that is settled before an older one waits for it.
 * `onAdvance` is called with how many were passed.
 */
export function createLowWaterMark(
  onAdvance: (passed: number) => void,
  { byHand }: LowWaterMarkOptions = { byHand: false },
): LowWaterMark {
  let entries: Entry[] = [];
  let head = 0;
  let reached: Position | undefined;
  /** How many were tracked and forgotten again, those before `entries`. */
  let forgotten = 0;
  /** All that were tracked before this one are committed. */
  let committed = byHand ? 0 : Infinity;

  function mayPass({ state }: Entry): boolean {
    return state === 'passed' || (state === 'settled' && forgotten + head < committed);
  }

  function moved({ number }: Entry, what: 'settled' | 'committed'): void {
    if (what === 'committed') committed = Math.max(committed, number + 1);
    advance();
  }

  function advance(): void {
    const from = head;
    let entry = entries[head];
    while (entry && mayPass(entry)) {
      reached = entry.position;
      head += 1;
      entry = entries[head];
    }
    const passed = head - from;
    if (head > 1_000 && head * 2 > entries.length) {
      entries = entries.slice(head);
      forgotten += head;
      head = 0;
    }
    if (passed > 0) onAdvance(passed);
  }

  return {
    track(position) {
      const entry = new Entry(position, forgotten + entries.length, moved);
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
