import { setTimeout } from 'node:timers/promises';
import type { MemberOptions, PartitionOffset, TopicPartition } from '../client/port.ts';
import { isWorthAnotherTry, protocolErrorOf } from './failure.ts';
import type { FetchedPartition } from './fetch-answer.ts';
import { fetchPartitions } from './fetch-answer.ts';
import { readableRecords } from './records.ts';
import type { NodeId, Wire } from './wire.ts';
import { ask, check } from './wire.ts';

/** Reads what is assigned from the leaders of the partitions, one request at a time from each. */
export interface Fetcher {
  /** Partitions that stay keep their place. Nothing is read of new ones until they are told where to begin. */
  assign(partitions: readonly TopicPartition[]): void;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  seek(to: PartitionOffset): void;
  stop(): void;
}

interface Reading extends TopicPartition {
  /** Undefined: not known, or not kept any more. */
  offset: bigint | undefined;
  paused: boolean;
}

type FetcherOptions = Pick<MemberOptions, 'maxWait' | 'maxBytesPartition' | 'onBatch' | 'onOutOfRange'> & {
  readonly wire: Wire;
  readonly onFailed: (error: unknown) => void;
};

/** Bytes of all partitions together, in one answer. */
const maxBytes = 52_428_800;
const readCommitted = 1;
/** Asks without a session, each time for all that is wanted. */
const [noSession, finalEpoch] = [0, -1];
/** Milliseconds, after something went wrong. */
const pauseAfterFailure = 200;
/** So often in a row, before it is over. */
const mostFailures = 50;

export function createFetcher(options: FetcherOptions): Fetcher {
  const { wire } = options;
  let readings = new Map<string, Reading>();
  const leaders = new Map<string, NodeId>();
  const busy = new Set<NodeId>();
  const stopping = new AbortController();
  let lookingUp = false;
  let failures = 0;

  const ready = () => [...readings.values()].filter(({ paused, offset }) => !paused && offset !== undefined);
  const ledBy = (node: NodeId) => ready().filter((reading) => leaders.get(keyOf(reading)) === node);

  function wake(): void {
    if (stopping.signal.aborted) return;
    const nodes = new Set(ready().map((reading) => leaders.get(keyOf(reading))));
    for (const node of nodes) {
      if (node === undefined) void lookUp();
      else if (!busy.has(node)) void readFrom(node);
    }
  }

  async function readFrom(node: NodeId): Promise<void> {
    busy.add(node);
    try {
      for (let turn = 0; !stopping.signal.aborted; turn += 1) {
        const wanted = ledBy(node);
        if (wanted.length === 0) return;
        // Who comes first gets most, where there is more than one answer holds.
        await fetch(
          node,
          wanted.map((_, index) => wanted[(index + turn) % wanted.length] as Reading),
        );
      }
    } catch (error) {
      for (const [key, leader] of leaders) if (leader === node) leaders.delete(key);
      failed(error);
    } finally {
      busy.delete(node);
      wake();
    }
  }

  async function fetch(node: NodeId, wanted: readonly Reading[]): Promise<void> {
    const asked = new Map(wanted.map((reading) => [keyOf(reading), { reading, from: reading.offset ?? 0n }]));
    const request = [...Map.groupBy(wanted, ({ topic }) => topic)].map(([topicId, ofTopic]) => ({
      topicId,
      partitions: ofTopic.map(({ partition, offset = 0n }) => ({
        partition,
        fetchOffset: offset,
        currentLeaderEpoch: -1,
        lastFetchedEpoch: -1,
        partitionMaxBytes: options.maxBytesPartition,
      })),
    }));
    const connection = await wire.to(node);
    const answer = await ask(
      fetchPartitions,
      connection,
      options.maxWait,
      1,
      maxBytes,
      readCommitted,
      noSession,
      finalEpoch,
      request,
      [],
      '',
    );
    check(answer.errorCode);
    for (const fetched of answer.partitions) {
      const found = asked.get(keyOf(fetched));
      if (found) take(found.reading, found.from, fetched);
    }
  }

  function take(reading: Reading, from: bigint, fetched: FetchedPartition): void {
    const key = keyOf(reading);
    // It has gone, or is read from elsewhere by now.
    if (readings.get(key) !== reading || reading.offset !== from || stopping.signal.aborted) return;
    try {
      check(fetched.errorCode);
    } catch (error) {
      refused(reading, error);
      return;
    }
    failures = 0;
    const { records, next } = readableRecords(fetched, from);
    if (next === from) return;
    reading.offset = next;
    options.onBatch({
      topic: reading.topic,
      partition: reading.partition,
      from,
      next,
      high: fetched.highWatermark,
      records,
    });
  }

  function refused(reading: Reading, error: unknown): void {
    if (protocolErrorOf(error) === 'OFFSET_OUT_OF_RANGE') {
      reading.offset = undefined;
      options.onOutOfRange(reading);
      return;
    }
    leaders.delete(keyOf(reading));
    failed(error);
  }

  function failed(error: unknown): void {
    failures += 1;
    const isOver = !isWorthAnotherTry(error) || failures > mostFailures;
    if (isOver && !stopping.signal.aborted) options.onFailed(error);
  }

  /** Finds out who leads what is to be read. */
  async function lookUp(): Promise<void> {
    if (lookingUp) return;
    lookingUp = true;
    try {
      if (failures > 0) await setTimeout(pauseAfterFailure, undefined, { signal: stopping.signal });
      const names = new Set(ready().map(({ topic }) => topic));
      for (const [topic, partitions] of await wire.topics([...names])) {
        for (const [partition, leader] of partitions) {
          if (leader >= 0) leaders.set(keyOf({ topic, partition }), leader);
        }
      }
      if (ready().some((reading) => !leaders.has(keyOf(reading)))) failures += 1;
    } catch (error) {
      failed(error);
    } finally {
      lookingUp = false;
      wake();
    }
  }

  return {
    assign(partitions) {
      const assigned = partitions.map(({ topic, partition }): Reading => {
        const known = readings.get(keyOf({ topic, partition }));
        return known ?? { topic, partition, offset: undefined, paused: false };
      });
      readings = new Map(assigned.map((reading) => [keyOf(reading), reading]));
    },
    pause(partitions) {
      for (const partition of partitions) {
        const reading = readings.get(keyOf(partition));
        if (reading) reading.paused = true;
      }
    },
    resume(partitions) {
      for (const partition of partitions) {
        const reading = readings.get(keyOf(partition));
        if (reading) reading.paused = false;
      }
      wake();
    },
    seek(to) {
      const reading = readings.get(keyOf(to));
      if (reading) reading.offset = to.offset;
      wake();
    },
    stop: () => stopping.abort(),
  };
}

function keyOf({ topic, partition }: TopicPartition): string {
  return `${topic}:${partition}`;
}
