import { setTimeout } from 'node:timers/promises';
import type { CompressionAlgorithmValue } from '@platformatic/kafka';
import { initProducerIdV4, NumericMap, produceV9 } from '@platformatic/kafka';
import type { KafkaProducer, OutgoingRecord, ProducerOptions, SentRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import { partitionOfKey } from '../publisher/partition-of-key.ts';
import { isWorthAnotherTry, platformaticFailure } from './failure.ts';
import type { Leaders, NodeId, Wire } from './wire.ts';
import { ask, check } from './wire.ts';

/** Milliseconds for which what may pass is tried again; a partition gets another leader within. */
const patience = 30_000;
/** Milliseconds between tries, and that replicas get to write. */
const [pause, replicaTimeout] = [200, 10_000];
/** By the number that the protocol has for them. */
const codecs: readonly CompressionAlgorithmValue[] = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
const acksOf = { all: -1, leader: 1, none: 0 } as const;

/** Records of one partition, which are sent together, and with the same number however often. */
interface Parcel {
  readonly partition: number;
  readonly records: OutgoingRecord[];
  readonly sequence: number;
}

export async function openProducer(
  wire: Wire,
  { acks, idempotent, compression }: ProducerOptions,
): Promise<KafkaProducer> {
  const codec = codecs[compression ?? 0];
  const sequences = new NumericMap();
  let turn = 0;

  async function begin() {
    if (codec === undefined) {
      throw kafkaError('KAFKA_UNSUPPORTED', `There is no codec ${compression}. \`compression\` is 1 to 4.`);
    }
    return await wire.insist('Getting ready to publish failed', async () => {
      const connection = await wire.any();
      if (!idempotent) return { producerId: -1n, producerEpoch: -1 };
      const answer = await ask(initProducerIdV4.api, connection, null, replicaTimeout, -1n, -1);
      check(answer.errorCode);
      return answer;
    });
  }

  let identity: Awaited<ReturnType<typeof begin>>;
  try {
    identity = await begin();
  } catch (error) {
    await wire.close();
    throw error;
  }
  const { producerId, producerEpoch } = identity;

  function partitionOf({ partition, key }: OutgoingRecord, leaders: Leaders): number {
    if (partition !== undefined) return partition;
    if (key !== null) return partitionOfKey(key, leaders.size);
    turn += 1;
    const led = [...leaders].filter(([, leader]) => leader >= 0).map(([number]) => number);
    const among = led.length > 0 ? led : [...leaders.keys()];
    return among[turn % among.length] ?? 0;
  }

  function pack(topic: string, partition: number, records: OutgoingRecord[]): Parcel {
    const key = `${topic}:${partition}`;
    const sequence = sequences.get(key) ?? 0;
    sequences.set(key, (sequence + records.length) % 2 ** 31);
    return { partition, records, sequence };
  }

  /** Answers the offset of the first record of each partition that has taken its parcel, and what kept others from it. */
  async function deliver(topic: string, node: NodeId, parcels: readonly Parcel[]): Promise<Delivery> {
    const offsets = new Map<Parcel, bigint | undefined>();
    try {
      const answer = await ask(
        produceV9.api,
        await wire.to(node),
        acksOf[acks],
        replicaTimeout,
        parcels.flatMap(({ partition, records }) =>
          records.map((record) => toMessage(topic, partition, record)),
        ),
        {
          producerId,
          producerEpoch,
          ...(codec && { compression: codec }),
          ...(idempotent && { sequences: sequencesOf(topic, parcels) }),
        },
      );
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
    const lookUp = () => wire.insist(what, async () => (await wire.topics([topic])).get(topic) ?? new Map());
    let leaders: Leaders = await lookUp();
    const byPartition = Map.groupBy(records, (record) => partitionOf(record, leaders));
    for (const partition of byPartition.keys()) {
      if (!leaders.has(partition)) {
        throw kafkaError('KAFKA_TOPIC_MISSING', `Topic "${topic}" has no partition ${partition}.`);
      }
    }
    let open = [...byPartition].flatMap(([partition, ofPartition]) =>
      closeInTime(ofPartition).map((together) => pack(topic, partition, together)),
    );
    const places = new Map<OutgoingRecord, SentRecord>();
    const end = performance.now() + patience;
    for (;;) {
      // A request has one batch of each partition.
      const next = [...Map.groupBy(open, ({ partition }) => partition).values()].flatMap(
        ([first]) => first ?? [],
      );
      const byLeader = Map.groupBy(next, ({ partition }) => leaders.get(partition) ?? -1);
      const deliveries = await Promise.all(
        [...byLeader].map(([leader, parcels]) => deliver(topic, leader, parcels)),
      );
      for (const { offsets } of deliveries) {
        for (const [{ partition, records: ofParcel }, first] of offsets) {
          ofParcel.forEach((record, index) => {
            places.set(record, {
              partition,
              offset: first === undefined ? undefined : first + BigInt(index),
            });
          });
        }
      }
      const left = open.filter(({ records: [record] }) => record && !places.has(record));
      const isGoingOn = left.length < open.length;
      open = left;
      if (open.length === 0) break;
      const failures = deliveries.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
      if (failures.length === 0 && isGoingOn) continue;
      const fatal = failures.find((failure) => !isWorthAnotherTry(failure));
      if (fatal !== undefined || performance.now() > end)
        throw platformaticFailure(fatal ?? failures[0], what);
      await setTimeout(pause);
      leaders = await lookUp();
    }
    return records.map((record) => places.get(record) ?? { partition: -1, offset: undefined });
  }

  return { send, close: () => wire.close() };
}

interface Delivery {
  readonly offsets: ReadonlyMap<Parcel, bigint | undefined>;
  readonly failure?: unknown;
}

/** Milliseconds from the first record of a batch to any other: the library writes longer ones wrong. */
const farthestApart = 2 ** 31 - 1;

/** Cuts what can not be in one batch into several, in order. */
function closeInTime(records: readonly OutgoingRecord[]): readonly OutgoingRecord[][] {
  const batches: OutgoingRecord[][] = [];
  let first = NaN;
  for (const record of records) {
    if (Math.abs(record.timestamp - first) <= farthestApart) batches.at(-1)?.push(record);
    else {
      batches.push([record]);
      first = record.timestamp;
    }
  }
  return batches;
}

function sequencesOf(topic: string, parcels: readonly Parcel[]): NumericMap {
  return new NumericMap(parcels.map(({ partition, sequence }) => [`${topic}:${partition}`, sequence]));
}

function toMessage(topic: string, partition: number, { key, value, headers, timestamp }: OutgoingRecord) {
  // A map by identity: keys that are equal are several of one name.
  const named = new Map<Buffer, Buffer>();
  for (const [name, values] of headers) for (const one of values) named.set(Buffer.from(name), toBuffer(one));
  return {
    topic,
    partition,
    timestamp: BigInt(timestamp),
    // The library's types know of no null, which it writes as one.
    key: (key && toBuffer(key)) as Buffer,
    value: (value && toBuffer(value)) as Buffer,
    headers: named,
  };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
