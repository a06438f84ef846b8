/** What can be in a bag: it remembers its place, and so can be in one only. */
export interface InBag {
  /** -1 while it is in none. */
  slot: number;
}

/** An unordered collection for what comes and goes with every message. */
export interface Bag<T extends InBag> {
  readonly size: number;
  add(item: T): void;
  delete(item: T): void;
  has(item: T): boolean;
  /** All that is in it now; what comes and goes meanwhile makes no difference. */
  snapshot(): readonly T[];
}

/**
 * A long-lived Set would do, but for the garbage it makes: everything that was ever in it survived scavenges, and
 * dispatch took twice the CPU (apps/bench measures it).
 */
export function createBag<T extends InBag>(): Bag<T> {
  const items: T[] = [];

  return {
    get size() {
      return items.length;
    },
    add(item) {
      item.slot = items.length;
      items.push(item);
    },
    delete(item) {
      if (items[item.slot] !== item) return;
      const last = items.pop();
      if (last !== undefined && last !== item) {
        items[item.slot] = last;
        last.slot = item.slot;
      }
      item.slot = -1;
    },
    has: (item) => items[item.slot] === item,
    snapshot: () => [...items],
  };
}
