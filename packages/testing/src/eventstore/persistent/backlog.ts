import type { Feed } from './feed.ts';
import type { GroupSettings } from './group-settings.ts';
import type { FeedEntry, GroupMessage, GroupPosition } from './message.ts';

/** What a group holds that no consumer has: messages that wait for another try, and entries that were read ahead. */
export interface Backlog {
  /** In the order of the group; parked events that are replayed come last. */
  retries(): readonly GroupMessage[];
  retry(message: GroupMessage): void;
  settleRetry(message: GroupMessage): void;
  /** The first entry that was not passed yet. Reads on where there is room. */
  next(): FeedEntry | undefined;
  shift(): void;
  /** Whether the group has seen all there is. */
  readonly live: boolean;
  readonly buffered: number;
  readonly lastRead: GroupPosition | undefined;
}

export function createBacklog(
  settings: Pick<GroupSettings, 'readBatchSize' | 'historyBufferSize'>,
  feed: Feed,
  after: GroupPosition | undefined,
): Backlog {
  const { readBatchSize, historyBufferSize } = settings;
  let entries: FeedEntry[] = [];
  let retries: GroupMessage[] = [];
  let lastRead = after;

  function read(): void {
    if (historyBufferSize - entries.length - retries.length <= readBatchSize) return;
    const more = feed.read(lastRead, readBatchSize);
    entries = [...entries, ...more];
    lastRead = more.at(-1)?.position ?? lastRead;
  }

  return {
    retries: () => retries,
    retry(message) {
      const { order } = message;
      const later = order
        ? retries.findIndex((other) => !other.order || other.order.sequence > order.sequence)
        : -1;
      retries = later === -1 ? [...retries, message] : retries.toSpliced(later, 0, message);
    },
    settleRetry(message) {
      retries = retries.filter((other) => other !== message);
    },
    next() {
      if (entries.length === 0) read();
      return entries[0];
    },
    shift: () => void entries.shift(),
    get live() {
      return entries.length === 0 && feed.last() === lastRead;
    },
    get buffered() {
      return entries.length;
    },
    get lastRead() {
      return lastRead;
    },
  };
}
