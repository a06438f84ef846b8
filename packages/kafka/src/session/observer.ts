import type { SourceContext } from '@millrace/core';
import { wait } from '@millrace/core';
import type { KafkaAdmin } from '../client/port.ts';
import type { KafkaError } from '../errors.ts';
import { kafkaError } from '../errors.ts';
import type { GroupSettings } from '../options.ts';
import type { GroupReader } from './group-reader.ts';
import type { Lot } from './lot.ts';
import { buffered } from './lot.ts';
import { resolveTopics } from './topics.ts';

export interface ObserverOptions {
  readonly settings: GroupSettings;
  readonly admin: KafkaAdmin;
  readonly context: SourceContext;
  readonly reader: GroupReader;
  readonly topics: () => readonly string[];
  readonly changeTopics: (topics: readonly string[]) => Promise<void>;
}

/** Looks from beside at how the source is doing: lag, members, signs of life, topics that have come. */
export interface Observer {
  start(): void;
  stop(): void;
  pending(): number;
  details(): Readonly<Record<string, unknown>>;
}

/** Milliseconds between two looks at the ends of partitions and at the group. */
const lookEvery = 10_000;

export function createObserver(options: ObserverOptions): Observer {
  const { settings, admin, context, reader } = options;
  const { clock, log } = context;
  const { lots } = reader;
  const ending = new AbortController();
  const { signal } = ending;
  let members: number | undefined;
  /** Where partitions were at the last look that have more. */
  let stoodAt: ReadonlyMap<Lot, bigint> = new Map();

  async function every(milliseconds: number, look: () => Promise<void> | void): Promise<void> {
    let inTrouble = false;
    while (!signal.aborted) {
      await wait(clock, milliseconds, signal);
      if (signal.aborted) return;
      try {
        await look();
        inTrouble = false;
      } catch (error) {
        if (!inTrouble) log.warn('The group could not be looked at; it is tried again.', { error });
        inTrouble = true;
      }
    }
  }

  async function look(): Promise<void> {
    for (const [topic, ofTopic] of Map.groupBy(lots.all(), (lot) => lot.topic)) {
      const bounds = await admin.bounds(topic);
      for (const lot of ofTopic) {
        const high = bounds.get(lot.partition)?.high ?? 0n;
        if (high > lot.high) lot.high = high;
      }
    }
    members = await admin.members(settings.group);
  }

  /** What is damaged is left out by clients in silence, and asked for again and again. */
  function lookForStandstill(): void {
    const fetched = lots.all().filter(({ state, paused }) => state === 'reading' && !paused);
    const behind = new Map(fetched.filter(({ high, next }) => high > next).map((lot) => [lot, lot.next]));
    const standing = [...behind].filter(([lot, next]) => stoodAt.get(lot) === next);
    stoodAt = behind;
    reader.pulse.standsStill(standing.length === 0 ? undefined : standstill(standing.map(([lot]) => lot)));
  }

  async function lookForTopics(): Promise<void> {
    const found = await resolveTopics(admin, settings.topics);
    if (found.join() === options.topics().join() || found.length === 0) return;
    await options.changeTopics(found);
  }

  function lookForLife(): void {
    const { heartbeatInterval, rebalanceTimeout, fetch } = settings;
    const patience = 3 * heartbeatInterval + fetch.maxWait + (reader.rebalancing ? rebalanceTimeout : 0);
    const silence = clock.monotonic() - reader.pulse.at;
    if (silence <= patience || options.topics().length === 0) return;
    context.degraded(
      kafkaError(
        'KAFKA_UNREACHABLE',
        `The coordinator of group "${settings.group}" has not answered for ${Math.round(silence)} ms.`,
      ),
    );
  }

  return {
    start() {
      void every(lookEvery, async () => {
        await look();
        lookForStandstill();
      });
      void every(settings.heartbeatInterval, lookForLife);
      if (settings.topics.patterns.length > 0) void every(settings.topicsRefresh, lookForTopics);
    },
    stop: () => ending.abort(),
    pending: () => lots.all().reduce((sum, lot) => sum + lot.inCore + pendingOf(lot), 0),
    details() {
      const partitions = Object.fromEntries(lots.all().map((lot) => [lot.channel, describe(lot)]));
      const lag = lots.all().reduce((sum, lot) => sum + lagOf(lot), 0);
      const { divisions, rebalancing } = reader;
      return { group: settings.group, members, divisions, rebalancing, lag, partitions };
    },
  };
}

function standstill(lots: readonly Lot[]): KafkaError {
  const places = lots.map(({ channel, next }) => `${channel}@${next}`).join(', ');
  return kafkaError(
    'KAFKA_REQUEST_FAILED',
    `There are records that do not come, from ${places} on. A transaction may be open there, or a batch damaged: see what is there with kafka-dump-log.sh, and set the offsets of the group to pass over it.`,
  );
}

/** What is not in core yet. Of one that is being looked up it is not known: there may be something. */
function pendingOf(lot: Lot): number {
  if (lot.state === 'locating') return 1;
  return buffered(lot) + Math.max(0, Number(lot.high - lot.next));
}

/** Offsets from the group's marker to the end. */
function lagOf({ high, committed }: Lot): number {
  return committed === undefined ? 0 : Math.max(0, Number(high - committed));
}

function describe(lot: Lot): Readonly<Record<string, unknown>> {
  const { state, inCore, paused, next, committed } = lot;
  return {
    state,
    lag: lagOf(lot),
    next: Number(next),
    committed: committed === undefined ? undefined : Number(committed),
    buffered: buffered(lot),
    inCore,
    paused,
  };
}
