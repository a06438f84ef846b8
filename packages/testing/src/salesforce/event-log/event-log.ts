import type { ChangeInput, Transaction } from './change.ts';
import { headerWriter } from './change.ts';
import {
  allChanges,
  apiNameOf,
  changeChannelOf,
  entityOf,
  isCollective,
  kindOf,
  retentionOf,
} from './channel.ts';
import type { ChannelLog } from './channel-log.ts';
import { createChannelLog } from './channel-log.ts';
import type { EventContent, Fields, LoggedEvent } from './event.ts';
import type { Channel, ChannelOptions, EventLogOptions, PublishOptions } from './options.ts';
import { invalid } from './options.ts';
import { randomUuid } from './random-id.ts';
import type { FieldDefinitions } from './schema.ts';
import { schemaId } from './schema.ts';

/** All events of an org that are retained, and who wants to know of new ones. */
export interface EventLog {
  /** Makes a channel. `/data/ChangeEvents` is there from the start; it may be made anew while it has no events. */
  define(name: string, options?: ChannelOptions): void;
  /** Gives the events of a channel other fields from now on, and so another schema. */
  redefine(name: string, fields: FieldDefinitions): void;
  has(name: string): boolean;
  channel(name: string): Channel | undefined;
  /** Their names. */
  readonly channels: readonly string[];
  /**
   * Appends an event to a channel and to those that carry it too. `content` is the text of a generic event, and the
   * fields of all others. Answers the event as it is in the named channel.
   */
  publish(name: string, content: Fields | string, options?: PublishOptions): LoggedEvent;
  /** Appends the change events of one transaction, to the channels of their objects, and to those that carry them too. */
  change(changes: readonly ChangeInput[], transaction?: Transaction): readonly LoggedEvent[];
  /**
   * The events after the one with that id; -1: none, -2: all that are retained. `invalid` when the id is of no event
   * that is retained: too old, deleted, never given, or left out between two events. Salesforce promises nothing for
   * ids that it has not given (Streaming API guide, "Message Durability"), so none of those is good here.
   */
  after(name: string, replayId: bigint): readonly LoggedEvent[] | 'invalid';
  /** Goes on in the ids without an event, and answers the new id, after which reading can go on: for keep-alives. */
  pass(name: string): bigint;
  /** The newest id that was given; undefined when there was none. */
  newest(name: string): bigint | undefined;
  /** Deletes events, all of a channel unless their ids are given, and answers how many. */
  deleteEvents(name: string, replayIds?: readonly bigint[]): number;
  /** Calls back on each new event of a channel, at once and in order, until the returned function is called. */
  onAppend(name: string, listener: (event: LoggedEvent) => void): () => void;
}

interface Defined {
  channel: Channel;
  readonly log: ChannelLog;
  readonly listeners: Set<(event: LoggedEvent) => void>;
}

export function createEventLog(options: EventLogOptions): EventLog {
  const { clock, random, userId = '005000000000001AAA' } = options;
  const defined = new Map<string, Defined>();
  const beginTransaction = headerWriter({ clock, random, userId });

  function define(name: string, channelOptions: ChannelOptions = {}): void {
    const kind = kindOf(name) ?? invalid(`Salesforce has no channels with names like "${name}".`);
    const isNew = !defined.has(name) || (name === allChanges && get(name).log.newest === undefined);
    if (!isNew) invalid(`The org has a channel "${name}" already.`);
    const {
      fields,
      members = [],
      firstReplayId = 1n,
      gap = 3,
      retention = retentionOf(kind),
    } = channelOptions;
    defined.set(name, {
      channel: { name, kind, fields, members },
      log: createChannelLog({ clock, random, retention, firstReplayId, gap }),
      listeners: new Set(),
    });
  }

  function get(name: string): Defined {
    return defined.get(name) ?? invalid(`The org has no channel "${name}". Define it first.`);
  }

  function carries({ channel }: Defined, { name, kind }: Channel): boolean {
    return channel.members.includes(name) || (channel.name === allChanges && kind === 'change');
  }

  function append(
    home: Defined,
    content: EventContent,
    createdAt: number,
    uuid = randomUuid(random),
  ): LoggedEvent {
    const apiName = apiNameOf(home.channel.name);
    const schema = schemaId(apiName, home.channel.fields);
    const common = { ...content, apiName, uuid, schema, publishedAt: clock.now(), createdAt };
    const write = ({ channel, log }: Defined) =>
      log.append((replayId) => ({ ...common, channel: channel.name, replayId }));
    const event = write(home);
    const carriers = [...defined.values()].filter((other) => carries(other, home.channel));
    const copies = carriers.map((carrier) => [carrier, write(carrier)] as const);
    for (const listener of home.listeners) listener(event);
    for (const [{ listeners }, copy] of copies) for (const listener of listeners) listener(copy);
    return event;
  }

  function contentOf({ name, kind }: Channel, content: Fields | string, more: PublishOptions): EventContent {
    if (isCollective(name)) invalid(`"${name}" only carries events of others. Publish to one of those.`);
    if (typeof content === 'string') {
      return kind === 'generic' ? { kind, text: content } : invalid(`Events of "${name}" consist of fields.`);
    }
    switch (kind) {
      case 'generic':
        return invalid(`Events of "${name}" are texts.`);
      case 'push-topic':
        return { kind, change: more.change ?? 'created', sobject: content };
      case 'platform':
        return { kind, createdById: userId, fields: content };
      case 'change': {
        const { createdDate: commitTimestamp, changeType = 'UPDATE', recordIds } = more;
        const header = beginTransaction(commitTimestamp === undefined ? {} : { commitTimestamp });
        const input = { entityName: entityOf(name), changeType, fields: content };
        return { kind, header: header(recordIds ? { ...input, recordIds } : input), fields: content };
      }
    }
  }

  define(allChanges);
  return {
    define,
    redefine(name, fields) {
      const target = get(name);
      target.channel = { ...target.channel, fields };
    },
    has: (name) => defined.has(name),
    channel: (name) => defined.get(name)?.channel,
    get channels() {
      return [...defined.keys()];
    },
    publish(name, content, more = {}) {
      const home = get(name);
      return append(home, contentOf(home.channel, content, more), more.createdDate ?? clock.now(), more.uuid);
    },
    change(changes, transaction = {}) {
      const homes = changes.map((input) => ({ input, home: get(changeChannelOf(input.entityName)) }));
      const headerOf = beginTransaction(transaction);
      return homes.map(({ input, home }) => {
        const header = headerOf(input);
        return append(home, { kind: 'change', header, fields: input.fields ?? {} }, header.commitTimestamp);
      });
    },
    after: (name, replayId) => get(name).log.after(replayId),
    pass: (name) => get(name).log.pass(),
    newest: (name) => get(name).log.newest,
    deleteEvents: (name, replayIds) => get(name).log.delete(replayIds),
    onAppend(name, listener) {
      const { listeners } = get(name);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
