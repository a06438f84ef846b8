import type { Clock } from '@millrace/core';
import type { EventStore } from '../store/event-store.ts';
import type { RecordedEvent } from '../store/recorded-event.ts';
import type { Feed } from './feed.ts';
import { allFeed, streamFeed } from './feed.ts';
import type { Group } from './group.ts';
import { startGroup } from './group.ts';
import type { GroupSettings } from './group-settings.ts';
import type { GroupStreams } from './group-streams.ts';
import { groupStreams } from './group-streams.ts';

/** Which group. */
export interface GroupKey {
  /** The name of a stream, or `$all`. */
  readonly source: string;
  readonly name: string;
}

/** A group as it was defined: it outlives updates and restarts of what runs of it. */
export interface DefinedGroup {
  readonly group: Group;
  readonly streams: GroupStreams;
  /** Of `$all`: which events the group is for. Stays as it was when the group was created. */
  readonly accepts: (record: RecordedEvent) => boolean;
}

/** The persistent subscriptions of a server. */
export interface Groups {
  find(key: GroupKey): DefinedGroup | undefined;
  /** Ends one that was there. `accepts` stays the same without one. */
  define(key: GroupKey, settings: GroupSettings, accepts?: DefinedGroup['accepts']): void;
  /** Drops its consumers and forgets what it has written. */
  delete(key: GroupKey): void;
  /** In the order in which they were created. */
  list(source?: string): readonly DefinedGroup[];
  /** Drops all consumers; each group starts again from its checkpoint. */
  restart(): void;
  stop(): void;
}

export function createGroups(store: EventStore, clock: Clock): Groups {
  const defined = new Map<string, DefinedGroup>();
  const unwatch = store.onWrite(() => {
    for (const { group } of defined.values()) group.wake();
  });

  function feedOf(source: string, settings: GroupSettings, accepts: DefinedGroup['accepts']): Feed {
    return source === '$all'
      ? allFeed(store, settings.resolveLinks, accepts)
      : streamFeed(store, source, settings.resolveLinks);
  }

  function define(key: GroupKey, settings: GroupSettings, accepts?: DefinedGroup['accepts']): void {
    const { source, name } = key;
    const before = defined.get(idOf(key));
    before?.group.stop();
    const filter = accepts ?? before?.accepts ?? (() => true);
    const streams = groupStreams(store, clock, source, name);
    const feed = feedOf(source, settings, filter);
    const group = startGroup({ name, settings, feed, streams, clock });
    defined.set(idOf(key), { group, streams, accepts: filter });
  }

  return {
    find: (key) => defined.get(idOf(key)),
    define,
    delete(key) {
      const found = defined.get(idOf(key));
      defined.delete(idOf(key));
      found?.group.stop();
      found?.streams.delete();
    },
    list: (source) =>
      [...defined.values()].filter(({ group }) => source === undefined || group.feed.source === source),
    restart() {
      for (const { group } of defined.values()) {
        define({ source: group.feed.source, name: group.name }, group.settings);
      }
    },
    stop() {
      unwatch();
      for (const { group } of defined.values()) group.stop();
    },
  };
}

function idOf({ source, name }: GroupKey): string {
  return `${source}::${name}`;
}
