import { setImmediate } from 'node:timers/promises';
import type { Feed } from '../options.ts';
import { eventstoreError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { WantedSettings } from './group-settings.ts';
import { newAllGroup, newStreamGroup, withWanted } from './group-settings.ts';
import type { GroupInfo, GroupSubscription, PersistentClient } from './persistent-client.ts';
import { groupFilter } from './group-filter.ts';

/** One group of one stream, or of `$all`. All calls reject with what `failureOf` makes of the client's errors. */
export interface Group {
  /** For messages: "group ... of ...". */
  readonly title: string;
  /** Undefined: there is no such group. */
  info(): Promise<GroupInfo | undefined>;
  /** False: somebody else was quicker. */
  create(wanted: WantedSettings): Promise<boolean>;
  /** Its consumers are dropped by the server, and come back. */
  update(wanted: WantedSettings, actual: GroupInfo): Promise<void>;
  /** False: there was none. */
  delete(): Promise<boolean>;
  replayParked(stopAt?: number): Promise<void>;
  subscribe(bufferSize: number): GroupSubscription;
}

export function groupOf(client: PersistentClient, feed: Feed, group: string): Group {
  const title = `Group "${group}" of ${feed.kind === 'all' ? '$all' : `stream "${feed.stream}"`}`;
  const calls = feed.kind === 'all' ? ofAll(client, feed, group) : ofStream(client, feed.stream, group);
  return {
    title,
    info: () => unless('persistent-subscription-does-not-exist', calls.info, undefined),
    create: (wanted) =>
      unless('persistent-subscription-exists', () => calls.create(wanted).then(() => true), false),
    update: (wanted, actual) => translated(() => calls.update(wanted, actual)),
    delete: () =>
      unless('persistent-subscription-does-not-exist', () => calls.delete().then(() => true), false),
    replayParked: (stopAt) => translated(() => calls.replay(stopAt === undefined ? {} : { stopAt })),
    subscribe: calls.subscribe,
  };
}

interface Calls {
  info(): Promise<GroupInfo>;
  create(wanted: WantedSettings): Promise<void>;
  update(wanted: WantedSettings, actual: GroupInfo): Promise<void>;
  delete(): Promise<void>;
  replay(options: { stopAt?: number }): Promise<void>;
  subscribe(bufferSize: number): GroupSubscription;
}

function ofStream(client: PersistentClient, stream: string, group: string): Calls {
  return {
    info: () => client.getPersistentSubscriptionToStreamInfo(stream, group),
    async create(wanted) {
      const { startFrom = 'end' } = wanted;
      if (typeof startFrom === 'object') throw wrongStart('a revision', 'a position of $all');
      await client.createPersistentSubscriptionToStream(stream, group, newStreamGroup(wanted, startFrom));
    },
    async update(wanted, { settings }) {
      const { startFrom } = settings;
      if (typeof startFrom === 'object') throw wrongStart('a revision', 'a position of $all');
      const target = { ...withWanted(wanted, settings), startFrom };
      await client.updatePersistentSubscriptionToStream(stream, group, target);
    },
    delete: () => client.deletePersistentSubscriptionToStream(stream, group),
    replay: (options) => client.replayParkedMessagesToStream(stream, group, options),
    subscribe: (bufferSize) =>
      client.subscribeToPersistentSubscriptionToStream(
        stream,
        group,
        { bufferSize },
        { readableHighWaterMark: bufferSize },
      ),
  };
}

function ofAll(client: PersistentClient, feed: Feed & { readonly kind: 'all' }, group: string): Calls {
  return {
    info: () => client.getPersistentSubscriptionToAllInfo(group),
    async create(wanted) {
      const { startFrom = 'end' } = wanted;
      if (typeof startFrom === 'bigint') throw wrongStart('a position', 'a revision');
      const filter = groupFilter(feed);
      await client.createPersistentSubscriptionToAll(
        group,
        newAllGroup(wanted, startFrom),
        filter === undefined ? {} : { filter },
      );
    },
    async update(wanted, { settings }) {
      const { startFrom } = settings;
      if (typeof startFrom === 'bigint') throw wrongStart('a position', 'a revision');
      await client.updatePersistentSubscriptionToAll(group, { ...withWanted(wanted, settings), startFrom });
    },
    delete: () => client.deletePersistentSubscriptionToAll(group),
    replay: (options) => client.replayParkedMessagesToAll(group, options),
    subscribe: (bufferSize) =>
      client.subscribeToPersistentSubscriptionToAll(
        group,
        { bufferSize },
        { readableHighWaterMark: bufferSize },
      ),
  };
}

function wrongStart(wanted: string, given: string) {
  return eventstoreError('EVENTSTORE_OPTIONS', `\`startFrom\` must be ${wanted} here, not ${given}.`);
}

async function translated<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await byLeader(call);
  } catch (error) {
    throw failureOf(error).error;
  }
}

/** What the call gives, or `otherwise` where the client's error is of that type. */
async function unless<T, Other>(type: string, call: () => Promise<T>, otherwise: Other): Promise<T | Other> {
  try {
    return await byLeader(call);
  } catch (error) {
    if (isOfType(error, type)) return otherwise;
    throw failureOf(error).error;
  }
}

/** Only the leader knows of groups. A client that has asked another node is told who leads, and asks there the next time. */
async function byLeader<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isOfType(error, 'not-leader')) throw error;
    // The client turns to the leader after it has thrown.
    await setImmediate();
    return await call();
  }
}

function isOfType(error: unknown, type: string): boolean {
  return typeof error === 'object' && error !== null && 'type' in error && error.type === type;
}
