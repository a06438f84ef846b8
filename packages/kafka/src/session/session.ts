import { setImmediate } from 'node:timers/promises';
import type { Demand, Incoming, Passed, SourceContext, SourceSession } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { KafkaAdmin } from '../client/port.ts';
import { passesByItself } from '../errors.ts';
import { LastText } from '../decode/last-text.ts';
import { ReceivedRecord } from '../decode/received-record.ts';
import type { GroupSettings, KafkaSettings } from '../options.ts';
import { createCommitter } from './committer.ts';
import type { Hand } from './deal.ts';
import { deal } from './deal.ts';
import { createGroupReader } from './group-reader.ts';
import { createObserver } from './observer.ts';
import { buffered } from './lot.ts';
import { untilQuiet } from './quiet.ts';
import { resolveTopics } from './topics.ts';

export interface OpenSessionOptions {
  readonly settings: KafkaSettings;
  readonly context: SourceContext;
  /** How many partitions the topics had when they were first seen, by name. It outlives sessions. */
  readonly seen: Map<string, number>;
  /** Whether this user may lack rights, so that it is to be found out at once. */
  readonly doubtful: boolean;
  /** The session has ended because going on is of no use. */
  readonly onFailed: (error: unknown) => void;
}

/** More than there ever is: whatever is free. */
const all = 1_000_000;

/** Joins the group. Rejects with a KafkaError. */
export async function openSession(options: OpenSessionOptions): Promise<SourceSession> {
  const admin = await options.settings.client.admin();
  try {
    return await join(options, admin);
  } catch (error) {
    await admin.close();
    throw error;
  }
}

async function join(
  { settings: given, context, seen, doubtful, onFailed }: OpenSessionOptions,
  admin: KafkaAdmin,
): Promise<SourceSession> {
  const settings: GroupSettings = { ...given, group: given.group ?? `${context.consumer}.${given.name}` };
  const first = seen.size === 0;
  let topics = await resolveTopics(admin, settings.topics);
  if (first) for (const topic of topics) seen.set(topic, (await admin.bounds(topic)).size);
  const reader = createGroupReader({
    settings,
    admin,
    context,
    doubtful,
    isNew: ({ topic, partition }) => partition >= (seen.get(topic) ?? 0),
    onRebalancing: () => committer.hurry(),
    onFailed,
  });
  const { lots, change } = reader;
  const committer = createCommitter({
    member: () => reader.member,
    clock: context.clock,
    signal: context.signal,
    settled: reader.settled,
    redivided: reader.redivided,
  });
  /** Places in core that were asked for, and those that are free. */
  let asking = false;
  let places = 0;
  let turn = 0;
  let changingTopics = false;
  const eventNames = new LastText();

  function ask(demand: Demand): void {
    if (asking) return;
    asking = true;
    void demand.reserve(all).then((count) => {
      asking = false;
      places += count;
      change.tell();
    });
  }

  function take(): readonly Hand[] {
    if (changingTopics || places === 0) return [];
    turn += 1;
    const hands = deal(lots.all(), places, turn);
    for (const { lot, records } of hands) {
      places -= records.length;
      reader.drawn(lot);
    }
    return hands;
  }

  function received({ lot, records }: Hand): readonly ReceivedRecord[] {
    return records.map((record) => new ReceivedRecord(record, lot, settings.decode, eventNames));
  }

  async function* receive(demand: Demand): AsyncGenerator<readonly Incoming[] | Passed> {
    while (!context.signal.aborted) {
      const changed = change.next();
      if (reader.failure !== undefined) throw reader.failure;
      const passed = takePassed();
      if (passed) {
        yield passed;
        continue;
      }
      if (places > 0) {
        // What comes free in the same turn goes along: a batch has its price.
        await setImmediate();
        places += demand.tryReserve(all);
      }
      const hands = take();
      if (hands.length > 0) {
        yield hands.flatMap(received);
        continue;
      }
      ask(demand);
      await changed;
    }
    demand.cancel(places);
  }

  function takePassed(): Passed | undefined {
    for (const lot of lots.all()) {
      const { passed } = lot;
      if (passed === undefined || buffered(lot) > 0) continue;
      lot.passed = undefined;
      lot.given = passed + 1n;
      return { channel: lot.channel, position: toPosition(String(passed)) };
    }
    return undefined;
  }

  async function changeTopics(next: readonly string[]): Promise<void> {
    context.log.info('Other topics match now.', { topics: next });
    changingTopics = true;
    try {
      await untilQuiet(lots, context.clock, settings.revokeTimeout, context.signal);
      if (context.signal.aborted) return;
      topics = next;
      await reader.join(next);
    } finally {
      changingTopics = false;
      change.tell();
    }
  }

  const observer = createObserver({ settings, admin, context, reader, topics: () => topics, changeTopics });
  context.signal.addEventListener('abort', reader.stop, { once: true });
  try {
    if (topics.length > 0) {
      await reader.join(topics);
      // A right that is missing on a topic shows only now.
      await reader.placed();
      if (reader.failure && !passesByItself(reader.failure)) throw reader.failure;
    } else context.log.warn('No topic matches so far.', { patterns: settings.topics.patterns.map(String) });
  } catch (error) {
    await reader.close().catch(() => {});
    throw error;
  }
  observer.start();

  return {
    receive,
    async settle(settlements) {
      for (const { incoming } of settlements) {
        if (incoming instanceof ReceivedRecord) incoming.lot.inCore -= 1;
      }
      change.tell();
    },
    async commit(channel, position) {
      const lot = lots.get(channel);
      if (lot) await committer.commit(lot, BigInt(position) + 1n);
    },
    pending: observer.pending,
    details: observer.details,
    async close() {
      observer.stop();
      await reader.close();
      await admin.close();
    },
  };
}
