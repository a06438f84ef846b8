import type { KafkaError } from '../errors.ts';
import { kafkaError } from '../errors.ts';
import { watchCoordinator } from './kafkajs-coordinator.ts';
import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsBatchPayload, KafkajsConsumer, KafkajsLike } from './kafkajs-like.ts';
import { toKafkajsRecord } from './kafkajs-record.ts';
import type { KafkaMember, MemberOptions, PartitionOffset, TopicPartition } from './port.ts';

/** What kafkajs tells with its events, as far as it is used. */
interface JoinedPayload {
  readonly memberId: string;
  readonly memberAssignment: Readonly<Record<string, readonly number[]>>;
}

interface ProcessedPayload {
  readonly topic: string;
  readonly partition: number;
  readonly batchSize: number;
  readonly lastOffset: string;
  readonly highWatermark: string;
}

/**
 * A member of a group on kafkajs. Its `eachBatch` hands over and returns at once, so that its loop goes on fetching what
 * is not paused and sends heartbeats, however long handlers take.
 */
export function createKafkajsMember(
  kafka: KafkajsLike,
  options: MemberOptions,
  onClosed: () => void,
): KafkaMember {
  const { group } = options;
  const consumer = kafka.consumer({
    groupId: group,
    sessionTimeout: options.sessionTimeout,
    rebalanceTimeout: options.rebalanceTimeout,
    heartbeatInterval: options.heartbeatInterval,
    maxWaitTimeInMs: options.maxWait,
    maxBytesPerPartition: options.maxBytesPartition,
    metadataMaxAge: options.metadataMaxAge,
    allowAutoTopicCreation: false,
    // Core opens again, with a backoff of its own.
    retry: { restartOnFailure: async () => false },
  });
  const coordinator = watchCoordinator(consumer, 'consumer');
  let memberId: string | undefined;
  let over: KafkaError | undefined;
  let joined = false;
  let rejoining = false;
  let closing: Promise<void> | undefined;
  let commitNow: KafkajsBatchPayload['commitOffsetsIfNecessary'] | undefined;

  function fail(error: unknown): void {
    const first = over === undefined;
    const what = `Group "${group}" could not be ${joined ? 'read from' : 'joined'}`;
    over ??= kafkajsFailure(coordinator.explain(error, what), what);
    // Of one that comes before, `join` tells.
    if (first && joined && closing === undefined) options.onCrash(over);
  }

  listen(consumer, 'consumer.group_join', (division: JoinedPayload) => {
    const kept = memberId === undefined || memberId === division.memberId;
    ({ memberId } = division);
    rejoining = false;
    options.onAlive();
    const assigned = Object.entries(division.memberAssignment).flatMap(([topic, partitions]) =>
      partitions.map((partition) => ({ topic, partition })),
    );
    options.onAssigned(assigned, kept);
  });
  listen(consumer, 'consumer.rebalancing', () => {
    rejoining = true;
    options.onRebalancing();
  });
  listen(consumer, 'consumer.heartbeat', () => {
    if (!rejoining) return options.onAlive();
    // When another broker has become the coordinator, and joining anew fails on the way, kafkajs goes on with the membership
    // that it had, and never joins again: it finds the new coordinator for its heartbeats, but not for commits.
    fail(kafkaError('KAFKA_REBALANCING', `Group "${group}" could not be joined anew.`));
  });
  listen(consumer, 'consumer.end_batch_process', (processed: ProcessedPayload) => {
    // Of nothing but control records, or aborted ones: `eachBatch` has not seen it.
    if (processed.batchSize > 0) return;
    const next = BigInt(processed.lastOffset) + 1n;
    const { topic, partition, highWatermark } = processed;
    options.onBatch({ topic, partition, from: undefined, next, high: BigInt(highWatermark), records: [] });
  });
  listen(consumer, 'consumer.crash', ({ error }: { readonly error: unknown }) => fail(error));

  async function eachBatch(payload: KafkajsBatchPayload): Promise<void> {
    const { batch } = payload;
    commitNow = payload.commitOffsetsIfNecessary;
    options.onAlive();
    // Fetched before the last seek.
    if (payload.isStale()) return;
    options.onBatch({
      topic: batch.topic,
      partition: batch.partition,
      from: BigInt(fetchedOffset(batch)),
      next: BigInt(batch.lastOffset()) + 1n,
      high: BigInt(batch.highWatermark),
      records: batch.messages.map(toKafkajsRecord),
    });
  }

  async function join(): Promise<void> {
    try {
      await consumer.connect();
      await consumer.subscribe({ topics: [...options.topics], fromBeginning: true });
      await consumer.run({ autoCommit: false, eachBatch });
    } catch (error) {
      throw kafkajsFailure(error, `Group "${group}" could not be joined`);
    }
    // A run that fails resolves, and says so by its event.
    if (over) throw over;
    joined = true;
  }

  async function commit(offsets: readonly PartitionOffset[]): Promise<void> {
    if (over) throw over;
    if (closing) throw kafkaError('KAFKA_REBALANCING', `Group "${group}" was left.`);
    const texts = offsets.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      offset: String(offset),
    }));
    try {
      // Not `consumer.commitOffsets`, if it can be helped: that one tries again after a rebalance, with the new
      // generation, and the broker would take it for partitions that went to somebody else.
      if (commitNow) await commitNow({ topics: byTopic(texts) });
      else await consumer.commitOffsets(texts);
    } catch (error) {
      throw kafkajsFailure(error, `Group "${group}" could not commit`);
    }
  }

  async function close(): Promise<void> {
    try {
      await consumer.disconnect();
    } catch (error) {
      throw kafkajsFailure(error, `Group "${group}" could not be left`);
    } finally {
      onClosed();
    }
  }

  return {
    join,
    pause: (partitions) => whileRunning(() => consumer.pause(partitions.map(alone))),
    resume: (partitions) => whileRunning(() => consumer.resume(partitions.map(alone))),
    seek: ({ topic, partition, offset }) =>
      whileRunning(() => consumer.seek({ topic, partition, offset: String(offset) })),
    commit,
    close: () => (closing ??= close()),
  };
}

/** The library throws when it has crashed and not said so yet. There is nothing to steer any more then. */
function whileRunning(steer: () => void): void {
  try {
    steer();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'KafkaJSNonRetriableError') throw error;
  }
}

/** The library types each event by its name, which can't be said by shape. */
function listen(consumer: KafkajsConsumer, event: string, listener: (payload: never) => void): void {
  const hear = ({ payload }: { readonly payload: never }) => listener(payload);
  consumer.on(event as never, hear as never);
}

/** It is there, though not in the library's types. */
function fetchedOffset(batch: KafkajsBatchPayload['batch']): string {
  return (batch as typeof batch & { readonly fetchedOffset: string }).fetchedOffset;
}

function alone({ topic, partition }: TopicPartition): { topic: string; partitions: number[] } {
  return { topic, partitions: [partition] };
}

function byTopic(
  offsets: readonly { topic: string; partition: number; offset: string }[],
): { topic: string; partitions: { partition: number; offset: string }[] }[] {
  const topics = Map.groupBy(offsets, ({ topic }) => topic);
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }));
}
