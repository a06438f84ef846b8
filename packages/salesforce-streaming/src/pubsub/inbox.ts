import type { Arrival, Passed } from '../transport.ts';

/** What one channel has received and core has no room for yet, in order. */
export interface Inbox {
  /** Events in it. */
  readonly size: number;
  push(item: Arrival | Passed): void;
  /** The position passed, when that comes next. */
  takePassed(): Passed | undefined;
  /** Up to `max` of the events that come next. */
  take(max: number): readonly Arrival[];
}

export function createInbox(): Inbox {
  const items: (Arrival | Passed)[] = [];
  let size = 0;

  function events(max: number): number {
    let count = 0;
    for (const item of items) {
      if (count === max || !isArrival(item)) break;
      count += 1;
    }
    return count;
  }

  return {
    get size() {
      return size;
    },
    push(item) {
      const last = items.at(-1);
      // A position says all that the one before it says: an idle channel costs no memory while core is busy.
      if (last && !isArrival(last) && !isArrival(item)) items.pop();
      if (isArrival(item)) size += 1;
      items.push(item);
    },
    takePassed() {
      const [first] = items;
      if (!first || isArrival(first)) return undefined;
      items.shift();
      return first;
    },
    take(max) {
      const taken = items.splice(0, events(max)).filter(isArrival);
      size -= taken.length;
      return taken;
    },
  };
}

function isArrival(item: Arrival | Passed): item is Arrival {
  return 'data' in item;
}
