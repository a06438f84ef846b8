import { setTimeout } from 'node:timers/promises';
import type { CompressionAlgorithmValue } from '@platformatic/kafka';
import { initProducerIdV4 } from '@platformatic/kafka';
import type { KafkaProducer, OutgoingRecord, ProducerOptions, SentRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import { partitionOfKey } from '../publisher/partition-of-key.ts';
import { isWorthAnotherTry, platformaticFailure } from './failure.ts';
import { knownLeaders } from './known-leaders.ts';
import type { PackOptions } from './pack-batch.ts';
import { packBatch } from './pack-batch.ts';
import { produceBatches } from './produce-request.ts';
import type { Leaders, NodeId, Wire } from './wire.ts';
import { ask, check } from './wire.ts';

/** Milliseconds for which what may pass is tried again; a partition gets another leader within. */
const patience = 30_000;
/** Milliseconds between tries, and that replicas get to write. */
const [pause, replicaTimeout] = [200, 10_000];
/** By the number that the protocol has for them. */
const codecs: readonly CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const acksOf = { all: -1, leader: 1, none: 0 } as const;

/** Records of one partition, which are sent as the same batch however often. */
interface Parcel {
  readonly partition: number;
  /** Where they are among those that are sent. */
  readonly indexes: readonly number[];
  readonly batch: Buffer;
}

export async function openProducer(
  wire: Wire,
  { acks, idempotent, compression }: ProducerOptions,
): Promise<KafkaProducer> {
  const codec = codecs[compression ?? 0];
  const sequences = new Map<string, number>();
  const known = knownLeaders(wire);
  let turn = 0;

  async function begin(): Promise<Pick<PackOptions, 'codec' | 'producerId' | 'producerEpoch'>> {
    if (codec === undefined) {
      throw kafkaError('KAFKA_UNSUPPORTED', `There is no codec ${compression}. \`compression\` is 1 to 4.`);
    }
    return await wire.insist('Getting ready to publish failed', async () => {
      const connection = await wire.any();
      if (!idempotent) return { codec, producerId: -1n, producerEpoch: -1 };
      const answer = await ask(initProducerIdV4.api, connection, null, replicaTimeout, -1n, -1);
      check(answer.errorCode);
      const { producerId, producerEpoch } = answer;
      return { codec, producerId, producerEpoch };
    });
  }

  let identity: Awaited<ReturnType<typeof begin>>;
  try {
    identity = await begin();
  } catch (error) {
    await wire.close();
    throw error;
  }

  function partitionOf({ partition, key = null }: Partial<OutgoingRecord> = {}, leaders: Leaders): number {
    if (partition !== undefined) return partition;
    if (key !== null) return partitionOfKey(key, leaders.size);
    turn += 1;
    const led = [...leaders].filter(([, leader]) => leader >= 0).map(([number]) => number);
    const among = led.length > 0 ? led : [...leaders.keys()];
    return among[turn % among.length] ?? 0;
  }

  /** The number of the first record. */
  function nextSequence(topic: string, partition: number, count: number): number {
    if (!idempotent) return -1;
    const key = `${topic}:${partition}`;
    const sequence = sequences.get(key) ?? 0;
    sequences.set(key, (sequence + count) % 2 ** 31);
    return sequence;
  }

  async function pack(
    topic: string,
    partition: number,
    indexes: readonly number[],
    records: readonly OutgoingRecord[],
  ): Promise<Parcel> {
    const sequence = nextSequence(topic, partition, indexes.length);
    const its = indexes.flatMap((index) => records[index] ?? []);
    return { partition, indexes, batch: await packBatch(its, { ...identity, sequence }) };
  }

  /** Answers the offset of the first record of each partition that has taken its parcel, and what kept others from it. */
  async function deliver(topic: string, node: NodeId, parcels: readonly Parcel[]): Promise<Delivery> {
    const offsets = new Map<Parcel, bigint | undefined>();
    try {
      const connection = await wire.to(node);
      const request = { acks: acksOf[acks], timeout: replicaTimeout, topic, batches: parcels };
      const answer = await ask(produceBatches, connection, request);
      // Nobody answers: that it was written to the socket is all that is known.
      if (typeof answer === 'boolean')
        return { offsets: new Map(parcels.map((parcel) => [parcel, undefined])) };
      const answers = new Map(
        answer.responses.flatMap(({ partitionResponses }) => partitionResponses.map((it) => [it.index, it])),
      );
      let failure: unknown;
      for (const parcel of parcels) {
        const { errorCode = 0, baseOffset } = answers.get(parcel.partition) ?? {};
        try {
          check(errorCode);
          if (baseOffset !== undefined) offsets.set(parcel, baseOffset < 0n ? undefined : baseOffset);
        } catch (error) {
          failure = error;
        }
      }
      return { offsets, failure };
    } catch (failure) {
      return { offsets, failure };
    }
  }

  async function send(topic: string, records: readonly OutgoingRecord[]): Promise<readonly SentRecord[]> {
    const what = `Topic "${topic}" could not be published to`;
    let leaders = await known.of(topic, what);
    if (records.some(({ partition }) => partition !== undefined && !leaders.has(partition))) {
      // It may have been added since.
      known.forget(topic);
      leaders = await known.of(topic, what);
    }
    const byPartition = Map.groupBy(records.keys(), (index) => partitionOf(records[index], leaders));
    for (const partition of byPartition.keys()) {
      if (!leaders.has(partition)) {
        throw kafkaError('KAFKA_TOPIC_MISSING', `Topic "${topic}" has no partition ${partition}.`);
      }
    }
    let open: readonly Parcel[] = await Promise.all(
      [...byPartition].map(([partition, indexes]) => pack(topic, partition, indexes, records)),
    ).catch((error: unknown) => {
      throw platformaticFailure(error, what);
    });
    const places: (SentRecord | undefined)[] = Array.from({ length: records.length });
    const end = performance.now() + patience;
    for (;;) {
      const byLeader = Map.groupBy(open, ({ partition }) => leaders.get(partition) ?? -1);
      const deliveries = await Promise.all(
        [...byLeader].map(([leader, parcels]) => deliver(topic, leader, parcels)),
      );
      for (const { offsets } of deliveries) {
        for (const [{ partition, indexes }, first] of offsets) {
          indexes.forEach((index, after) => {
            places[index] = { partition, offset: first === undefined ? undefined : first + BigInt(after) };
          });
        }
      }
      open = open.filter((parcel) => deliveries.every(({ offsets }) => !offsets.has(parcel)));
      if (open.length === 0) break;
      known.forget(topic);
      const failures = deliveries.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
      const fatal = failures.find((failure) => !isWorthAnotherTry(failure));
      if (fatal !== undefined || performance.now() > end)
        throw platformaticFailure(fatal ?? failures[0], what);
      await setTimeout(pause);
      leaders = await known.of(topic, what);
    }
    return places.map((place) => place ?? { partition: -1, offset: undefined });
  }

  return { send, close: () => wire.close() };
}

interface Delivery {
  readonly offsets: ReadonlyMap<Parcel, bigint | undefined>;
  readonly failure?: unknown;
}
