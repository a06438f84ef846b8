import type { SourceContext } from '@millrace/core';
import { isMillraceError, wait } from '@millrace/core';
import type { KafkaAdmin, KafkaMember, RecordBatch, TopicPartition } from '../client/port.ts';
import type { GroupSettings } from '../options.ts';
import type { Change } from './change.ts';
import { createChange } from './change.ts';
import type { Lot } from './lot.ts';
import { channelOf, fill } from './lot.ts';
import type { Lots } from './lots.ts';
import { createLots } from './lots.ts';
import { createPlacing } from './placing.ts';
import type { Pulse } from './pulse.ts';
import { createPulse } from './pulse.ts';

/** Reads partitions as a member of the group: which ones, from where, and how far ahead. */
export interface GroupReader {
  readonly lots: Lots;
  /** Records came in, partitions went, or reading is over. */
  readonly change: Change;
  /** Why reading is over. */
  readonly failure: Error | undefined;
  readonly member: KafkaMember;
  /** How often the group was divided. */
  readonly divisions: number;
  readonly pulse: Pulse;
  readonly rebalancing: boolean;
  /** Joins the group to read these topics, after having left it if it must. */
  join(topics: readonly string[]): Promise<void>;
  /** Resolves when it is known where all partitions are read from, and as soon as that is known to take longer. */
  placed(): Promise<void>;
  /** To be called after records were taken out of a lot. */
  drawn(lot: Lot): void;
  /** Resolves when the group is not being divided, and when reading is over. */
  settled(): Promise<void>;
  /** Resolves when the group was divided anew, when reading is over, and after the session timeout. */
  redivided(): Promise<void>;
  /** Fetches no more. */
  stop(): void;
  close(): Promise<void>;
}

export interface GroupReaderOptions {
  readonly settings: GroupSettings;
  readonly admin: KafkaAdmin;
  readonly context: SourceContext;
  readonly isNew: (lot: TopicPartition) => boolean;
  /** Whether this user may lack rights. */
  readonly doubtful: boolean;
  /** Before this member answers that it knows of it. */
  readonly onRebalancing: () => void;
  readonly onFailed: (error: unknown) => void;
}

/** Milliseconds between tries to join. */
const retryDelay = 500;

export function createGroupReader(options: GroupReaderOptions): GroupReader {
  const { settings, context } = options;
  const { clock, log } = context;
  const lots = createLots();
  const change = createChange();
  const divided = createChange();
  const pulse = createPulse(context);
  const ending = new AbortController();
  const { signal } = ending;
  const placing = createPlacing({
    ...options,
    member: () => member,
    change,
    settled,
    doubtful: () => options.doubtful && divisions === 1,
    signal,
    fail,
    begin(lot, offset) {
      if (stopped) return;
      member?.seek({ ...lot, offset });
      resume(lot);
    },
  });
  let member: KafkaMember | undefined;
  let failure: Error | undefined;
  let stopped = false;
  let rebalancing = false;
  let divisions = 0;

  function fail(error: unknown): void {
    if (failure !== undefined || signal.aborted) return;
    failure = error instanceof Error ? error : new Error(String(error));
    options.onFailed(error);
    end();
  }

  function end(): void {
    ending.abort();
    divided.tell();
    change.tell();
  }

  function onAssigned(partitions: readonly TopicPartition[], keeps: boolean): void {
    rebalancing = false;
    divisions += 1;
    const { kept, added, lost } = lots.divide(partitions, keeps);
    log.info('The group was divided.', {
      group: settings.group,
      partitions: partitions.map(channelOf),
      added: added.length,
      lost: lost.length,
    });
    revoke(lost);
    // The client would go on from what is committed, and fetch again what is here already.
    for (const lot of kept) if (lot.state === 'reading') member?.seek({ ...lot, offset: lot.next });
    member?.pause([...added, ...kept.filter(({ paused }) => paused)]);
    for (const [topic, ofTopic] of Map.groupBy(added, (lot) => lot.topic))
      void placing.locate(topic, ofTopic);
    divided.tell();
    change.tell();
  }

  function revoke(lost: readonly Lot[]): void {
    if (lost.length === 0) return;
    context.revoked(
      lost.map(({ channel }) => channel),
      { within: settings.revokeTimeout },
    );
  }

  function onBatch(batch: RecordBatch): void {
    const lot = lots.get(channelOf(batch));
    if (lot?.state !== 'reading' || stopped) return;
    if (batch.from === undefined ? batch.next <= lot.next : batch.from !== lot.next) {
      if (batch.from !== undefined) relocate(lot);
      return;
    }
    fill(lot, batch);
    if (lot.bytes >= settings.fetch.maxBuffered) pause(lot);
    change.tell();
  }

  function onOutOfRange(partition: TopicPartition): void {
    const lot = lots.get(channelOf(partition));
    if (lot?.state === 'reading' && !stopped) relocate(lot);
  }

  /** The broker has no longer what comes next, and the client may have begun somewhere else by itself. */
  function relocate(lot: Lot): void {
    lot.state = 'locating';
    pause(lot);
    void placing.relocate(lot);
  }

  function pause(lot: Lot): void {
    lot.paused = true;
    member?.pause([lot]);
  }

  function resume(lot: Lot): void {
    lot.paused = false;
    member?.resume([lot]);
  }

  async function settled(): Promise<void> {
    while (rebalancing && !signal.aborted) await divided.next();
  }

  function createMember(topics: readonly string[]): KafkaMember {
    const { fetch } = settings;
    return settings.client.member({
      ...settings,
      topics,
      maxWait: fetch.maxWait,
      maxBytesPartition: fetch.maxBytesPartition,
      metadataMaxAge: settings.topicsRefresh,
      onBatch,
      onOutOfRange,
      onAssigned,
      onAlive: pulse.beat,
      onRebalancing() {
        rebalancing = true;
        change.tell();
        options.onRebalancing();
      },
      onCrash: fail,
    });
  }

  async function leave(): Promise<void> {
    await member?.close();
    member = undefined;
    revoke(lots.divide([], false).lost);
  }

  return {
    lots,
    change,
    pulse,
    get failure() {
      return failure;
    },
    get member() {
      if (member === undefined) throw new TypeError('The group is joined before anything is committed.');
      return member;
    },
    get divisions() {
      return divisions;
    },
    get rebalancing() {
      return rebalancing;
    },
    async join(topics) {
      const end = clock.monotonic() + settings.rebalanceTimeout;
      for (;;) {
        await leave();
        member = createMember(topics);
        try {
          return await member.join();
        } catch (error) {
          // The coordinator has only just become it, or the group is not settled: the client gives up at once.
          const passes = isMillraceError(error, 'KAFKA_REBALANCING') && clock.monotonic() < end;
          if (!passes || signal.aborted || context.signal.aborted) {
            // Topics may have changed while it ran: then nobody reads any more, and whoever waits for records has to hear of it.
            fail(error);
            throw error;
          }
        }
        await wait(clock, retryDelay, context.signal);
      }
    },
    async placed() {
      const isOver = () => rebalancing || placing.delayed || stopped || signal.aborted;
      while (lots.all().some(({ state }) => state === 'locating') && !isOver()) await change.next();
    },
    drawn(lot) {
      if (lot.paused && lot.state === 'reading' && !stopped && lot.bytes <= settings.fetch.maxBuffered / 2) {
        resume(lot);
      }
    },
    settled,
    async redivided() {
      const waited = new AbortController();
      await Promise.race([divided.next(), wait(clock, settings.sessionTimeout, waited.signal)]);
      waited.abort();
    },
    stop() {
      stopped = true;
      member?.pause(lots.all());
      change.tell();
    },
    async close() {
      end();
      await member?.close();
    },
  };
}
