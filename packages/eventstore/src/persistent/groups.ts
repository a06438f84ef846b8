import type { ResolvedEvent } from '../client.ts';
import { checkFrom, text } from '../check-options.ts';
import type { ClientOptions } from '../connect/lazy-client.ts';
import { lazyClient } from '../connect/lazy-client.ts';
import { eventstoreError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { EventstoreFrom, Feed } from '../options.ts';
import type { ReadClient } from '../reader/read-client.ts';
import type { EventReader } from '../reader/reader.ts';
import { eventstoreReader } from '../reader/reader.ts';
import { checkGroupSettings } from './check-options.ts';
import type { Group } from './group.ts';
import { groupOf } from './group.ts';
import type { GroupSettings } from './group-settings.ts';
import { differences } from './group-settings.ts';
import { parkedStream } from './parked-stream.ts';
import type { GroupInfo, PersistentClient } from './persistent-client.ts';

/** Which group: of what it reads, and its name. */
export interface GroupName {
  readonly from: EventstoreFrom;
  readonly group: string;
}

/**
 * Manages groups. All calls reject with EVENTSTORE_OPTIONS, EVENTSTORE_ACCESS_DENIED, EVENTSTORE_UNREACHABLE or
 * EVENTSTORE_SERVER_FAULT, and those for one group with EVENTSTORE_GROUP_MISSING when it is not there.
 */
export interface EventstoreGroups {
  /** False: there is such a group, and it is left as it is. */
  create(name: GroupName, settings?: GroupSettings): Promise<boolean>;
  /** Changes those settings that differ, and answers which. The consumers of the group are dropped when there are any. */
  update(name: GroupName, settings: GroupSettings): Promise<readonly string[]>;
  /** False: there was no such group. */
  delete(name: GroupName): Promise<boolean>;
  info(name: GroupName): Promise<GroupInfo>;
  /** All groups of the server. */
  list(): Promise<readonly GroupInfo[]>;
  /** How many events are parked. */
  countParked(name: GroupName): Promise<bigint>;
  /** The parked events, oldest first. */
  parked(name: GroupName): AsyncGenerator<ResolvedEvent, void>;
  /**
   * Hands parked events out again, all or the first `stopAt`. Resolves when the server has begun. Handlers that gave up on
   * an event run again, and its dead letter is removed when they are done.
   */
  replayParked(name: GroupName, options?: { readonly stopAt?: number }): Promise<void>;
  /** Disposes of a client of its own. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connects with the first call. Throws EVENTSTORE_OPTIONS when the options make no sense. */
export function eventstoreGroups(options: ClientOptions<PersistentClient & ReadClient>): EventstoreGroups {
  const client = lazyClient<PersistentClient & ReadClient>(options);

  async function find({ from, group }: GroupName): Promise<{ readonly feed: Feed; readonly group: Group }> {
    const feed = checkFrom(from);
    return { feed, group: groupOf(await client.get(), feed, text('group', group)) };
  }

  async function infoOf(group: Group): Promise<GroupInfo> {
    const info = await group.info();
    if (info) return info;
    throw eventstoreError('EVENTSTORE_GROUP_MISSING', `${group.title} does not exist.`);
  }

  const close = () => client.close();
  return {
    async create(name, settings = {}) {
      const { feed, group } = await find(name);
      checkGroupSettings(settings, feed);
      return await group.create({ ...settings, resolveLinks: feed.kind === 'stream' && feed.resolveLinks });
    },
    async update(name, settings) {
      const { feed, group } = await find(name);
      checkGroupSettings(settings, feed);
      const info = await infoOf(group);
      const wanted = { ...settings, resolveLinks: info.settings.resolveLinkTos };
      const different = differences(wanted, info.settings);
      if (different.length > 0) await group.update(wanted, info);
      return different;
    },
    async delete(name) {
      return await (await find(name)).group.delete();
    },
    async info(name) {
      return await infoOf((await find(name)).group);
    },
    async list() {
      try {
        return await (await client.get()).listAllPersistentSubscriptions();
      } catch (error) {
        throw failureOf(error).error;
      }
    },
    async countParked(name) {
      const info = await infoOf((await find(name)).group);
      return info.stats.parkedMessageCount;
    },
    async *parked(name) {
      const { feed, group } = await find(name);
      const { stats } = await infoOf(group);
      // Without one that was ever parked there is no stream of them.
      if (stats.parkedMessageCount === 0n) return;
      const source = feed.kind === 'all' ? '$all' : feed.stream;
      const reader: EventReader = eventstoreReader({ client: await client.get() });
      yield* reader.iterate(parkedStream(source, name.group));
    },
    async replayParked(name, { stopAt } = {}) {
      await (await find(name)).group.replayParked(stopAt);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
