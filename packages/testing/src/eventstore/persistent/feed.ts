import type { EventStore } from '../store/event-store.ts';
import type { LogPosition, RecordedEvent } from '../store/recorded-event.ts';
import type { StartFrom } from './group-settings.ts';
import type { FeedEntry, GroupPosition } from './message.ts';

/** What a group reads: a stream, or `$all`. */
export interface Feed {
  /** The name of the stream, or `$all`. */
  readonly source: string;
  /** Up to `count` entries after a position, in order; from the first one on without a position. */
  read(after: GroupPosition | undefined, count: number): readonly FeedEntry[];
  /** Undefined while there is nothing. */
  last(): GroupPosition | undefined;
  /** After which position a group reads that starts there: it gets the event that is named. */
  before(start: StartFrom): GroupPosition | undefined;
}

export function streamFeed(store: EventStore, stream: string, resolveLinks: boolean): Feed {
  function last(): GroupPosition | undefined {
    const extent = store.extent(stream);
    return extent.status === 'found' ? String(extent.last) : undefined;
  }

  return {
    source: stream,
    last,
    read(after, count) {
      const from = after === undefined ? 0n : BigInt(after) + 1n;
      return store.readStream(stream, from, count).map((record) => ({
        position: String(record.revision),
        kind: 'event',
        event: resolveLinks ? store.resolve(record) : { event: record },
      }));
    },
    before(start) {
      if (start === 'end') return last();
      const revision = typeof start === 'object' && 'revision' in start ? start.revision : 0n;
      return revision > 0n ? String(revision - 1n) : undefined;
    },
  };
}

export function allFeed(
  store: EventStore,
  resolveLinks: boolean,
  accepts: (record: RecordedEvent) => boolean,
): Feed {
  function last(): GroupPosition | undefined {
    const record = store.log.at(-1);
    return record && formatPosition(record.position);
  }

  return {
    source: '$all',
    last,
    read(after, count) {
      const start = after === undefined ? 0 : store.countUntil(parsePosition(after), true);
      return store.log.slice(start, start + count).map((record) => {
        const position = formatPosition(record.position);
        if (isOfGroupToAll(record)) return { position, kind: 'bookkeeping' };
        if (!accepts(record)) return { position, kind: 'filtered' };
        return { position, kind: 'event', event: resolveLinks ? store.resolve(record) : { event: record } };
      });
    },
    before(start) {
      if (start === 'end') return last();
      if (typeof start !== 'object' || !('commit' in start)) return undefined;
      const record = store.log[store.countUntil(start, false) - 1];
      return record && formatPosition(record.position);
    },
  };
}

/** Checkpoints and parked events of groups to `$all` would feed themselves: servers keep them from such groups. */
function isOfGroupToAll({ stream }: RecordedEvent): boolean {
  return /^\$persistentsubscription-\$all::.*-(?:checkpoint|parked)$/s.test(stream);
}

function formatPosition({ commit, prepare }: LogPosition): GroupPosition {
  return `C:${commit}/P:${prepare}`;
}

function parsePosition(position: GroupPosition): LogPosition {
  const [, commit, prepare] = /^C:(\d+)\/P:(\d+)$/.exec(position) ?? [];
  if (commit === undefined || prepare === undefined) throw new TypeError(`No position of $all: ${position}`);
  return { commit: BigInt(commit), prepare: BigInt(prepare) };
}
