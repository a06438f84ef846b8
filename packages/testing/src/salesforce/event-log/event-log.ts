import type { Clock } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { ChangeInput, OverflowInput, Transaction } from './change.ts';
import { createTransactions, overflowOf } from './change.ts';
import {
  allChanges,
  apiNameOf,
  changeChannelOf,
  entityOf,
  isCollective,
  kindOf,
  retentionOf,
} from './channel.ts';
import type { ChannelKind } from './channel.ts';
import type { ChannelLog } from './channel-log.ts';
import { createChannelLog } from './channel-log.ts';
import type { ChangeType, EventContent, Fields, LoggedEvent, RecordChange } from './event.ts';
import { randomUuid } from './random-id.ts';
import type { FieldDefinitions } from './schema.ts';
import { schemaId } from './schema.ts';

export interface EventLogOptions {
  readonly clock: Clock;
  /** Draws from 0 to below 1: for ids, and for the gaps between them. */
  readonly random: () => number;
  /** Who makes the changes and publishes. @default '005000000000001AAA' */
  readonly userId?: string;
}

export interface ChannelOptions {
  /** The fields of its events. @default undefined: all fields are good */
  readonly fields?: FieldDefinitions;
  /** The channels whose events are on this custom channel (`…__chn`). */
  readonly members?: readonly string[];
  /** The replay id of the first event. @default 1n */
  readonly firstReplayId?: bigint;
  /** How many ids are left out at most between two events. @default 3 */
  readonly gap?: number;
  /** Milliseconds. @default 24 hours, for platform and change events 72 */
  readonly retention?: number;
}

export interface Channel {
  readonly name: string;
  readonly kind: ChannelKind;
  readonly fields: FieldDefinitions | undefined;
  /** Empty unless it is a custom channel or that of all changes. */
  readonly members: readonly string[];
}

export interface PublishOptions {
  /** `EventUuid`. @default a new one */
  readonly uuid?: string;
  /** What the event says of its own time, in milliseconds since 1970. @default now */
  readonly createdDate?: number;
  /** Of a PushTopic event. @default 'created' */
  readonly change?: RecordChange;
  /** Of a change event that is published by its channel. @default 'UPDATE' */
  readonly changeType?: ChangeType;
  readonly recordIds?: readonly string[];
}

/** All events of an org that are retained, and who wants to know of new ones. */
export interface EventLog {
  /** Makes a channel. Throws SOURCE_OPTIONS when the name is none, or is taken. */
  define(name: string, options?: ChannelOptions): void;
  /** Gives the events of a channel other fields from now on, and so another schema. */
  redefine(name: string, fields: FieldDefinitions): void;
  channel(name: string): Channel | undefined;
  readonly channels: readonly Channel[];
  /**
   * Appends an event to a channel and to those that carry it too. `content` is the text of a generic event, and the
   * fields of all others. Answers the event as it is in the named channel.
   */
  publish(name: string, content: Fields | string, options?: PublishOptions): LoggedEvent;
  /** Appends the change events of one transaction, to the channels of their objects, and to those that carry them too. */
  change(changes: ChangeInput | readonly ChangeInput[], transaction?: Transaction): readonly LoggedEvent[];
  /** Appends what there is instead of change events after a transaction of more than 100,000 changes. */
  overflow(input: OverflowInput): readonly LoggedEvent[];
  /**
   * The events after the one with that id; -1: none, -2: all that are retained. `invalid` when the id is of no event that
   * is retained: too old, deleted, never given, or left out between two events.
   */
  after(name: string, replayId: bigint): readonly LoggedEvent[] | 'invalid';
  /** Goes on in the ids without an event, and answers the new id, after which reading can go on: for keep-alives. */
  pass(name: string): bigint;
  /** The newest id that was given; undefined when there was none. */
  newest(name: string): bigint | undefined;
  /** Deletes events, all of a channel unless their ids are given, and answers how many. */
  deleteEvents(name: string, replayIds?: readonly bigint[]): number;
  /** Calls back on each new event in each channel, at once and in order, until the returned function is called. */
  listen(listener: (event: LoggedEvent) => void): () => void;
}

interface Defined {
  channel: Channel;
  readonly log: ChannelLog;
}

export function createEventLog({ clock, random, userId = '005000000000001AAA' }: EventLogOptions): EventLog {
  const defined = new Map<string, Defined>();
  const listeners = new Set<(event: LoggedEvent) => void>();
  const transactions = createTransactions({ clock, random, userId });

  function define(name: string, options: ChannelOptions = {}): void {
    const kind = kindOf(name);
    if (kind === undefined)
      throw new MillraceError('SOURCE_OPTIONS', `Salesforce has no channels with names like "${name}".`);
    if (defined.has(name))
      throw new MillraceError('SOURCE_OPTIONS', `The org has a channel "${name}" already.`);
    const { fields, members = [], firstReplayId = 1n, gap = 3, retention = retentionOf(kind) } = options;
    defined.set(name, {
      channel: { name, kind, fields, members },
      log: createChannelLog({ clock, random, retention, firstReplayId, gap }),
    });
  }

  function get(name: string): Defined {
    const found = defined.get(name);
    if (found) return found;
    throw new MillraceError('SOURCE_OPTIONS', `The org has no channel "${name}". Define it first.`);
  }

  function* carriersOf({ name, kind }: Channel): Generator<Defined> {
    yield get(name);
    for (const other of defined.values()) {
      const { name: carrier, members } = other.channel;
      if (members.includes(name) || (carrier === allChanges && kind === 'change')) yield other;
    }
  }

  function append(
    { channel }: Defined,
    content: EventContent,
    createdAt: number,
    uuid = randomUuid(random),
  ): LoggedEvent {
    const apiName = apiNameOf(channel.name);
    const schema = schemaId(apiName, channel.fields);
    const appended = [...carriersOf(channel)].map((carrier) =>
      carrier.log.append((replayId) => ({
        ...content,
        channel: carrier.channel.name,
        replayId,
        apiName,
        uuid,
        schema,
        publishedAt: clock.now(),
        createdAt,
      })),
    );
    for (const event of appended) for (const listener of listeners) listener(event);
    return appended[0]!;
  }

  function publish(name: string, content: Fields | string, options: PublishOptions = {}): LoggedEvent {
    const target = get(name);
    const { kind } = target.channel;
    const { uuid, createdDate = clock.now(), change = 'created', changeType = 'UPDATE' } = options;
    if (isCollective(name))
      throw new MillraceError(
        'SOURCE_OPTIONS',
        `"${name}" only carries events of others. Publish to one of those.`,
      );
    if ((kind === 'generic') !== (typeof content === 'string'))
      throw new MillraceError(
        'SOURCE_OPTIONS',
        `Events of "${name}" can not be made of a ${typeof content}.`,
      );
    if (typeof content === 'string')
      return append(target, { kind: 'generic', text: content }, createdDate, uuid);
    switch (kind) {
      case 'push-topic':
        return append(target, { kind, change, sobject: content }, createdDate, uuid);
      case 'change': {
        const { recordIds } = options;
        const input = {
          entityName: entityOf(name),
          changeType,
          fields: content,
          ...(recordIds && { recordIds }),
        };
        const header = transactions.header(input, { commitTimestamp: createdDate });
        return append(target, { kind, header, fields: content }, createdDate, uuid);
      }
      default:
        return append(target, { kind: 'platform', createdById: userId, fields: content }, createdDate, uuid);
    }
  }

  function change(
    changes: ChangeInput | readonly ChangeInput[],
    transaction: Transaction = {},
  ): readonly LoggedEvent[] {
    const inputs: readonly ChangeInput[] = Array.isArray(changes) ? changes : [changes];
    const targets = inputs.map(({ entityName }) => get(changeChannelOf(entityName)));
    return transactions
      .headers(inputs, transaction)
      .map((header, index) =>
        append(
          targets[index]!,
          { kind: 'change', header, fields: inputs[index]!.fields ?? {} },
          header.commitTimestamp,
        ),
      );
  }

  define(allChanges);
  return {
    define,
    redefine(name, fields) {
      const target = get(name);
      target.channel = { ...target.channel, fields };
    },
    channel: (name) => defined.get(name)?.channel,
    get channels() {
      return [...defined.values()].map(({ channel }) => channel);
    },
    publish,
    change,
    overflow: (input) => change(overflowOf(input), input),
    after: (name, replayId) => get(name).log.after(replayId),
    pass: (name) => get(name).log.pass(),
    newest: (name) => get(name).log.newest,
    deleteEvents: (name, replayIds) => get(name).log.delete(replayIds),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
