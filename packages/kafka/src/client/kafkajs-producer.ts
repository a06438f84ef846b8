import { kafkaError } from '../errors.ts';
import { partitionOfKey } from '../publisher/partition-of-key.ts';
import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsLike, KafkajsOutgoing, KafkajsPartitionerArguments } from './kafkajs-like.ts';
import type { KafkaProducer, OutgoingBytes, OutgoingRecord, ProducerOptions, SentRecord } from './port.ts';

/** Each is a send with all the tries of the client. */
const mostRounds = 5;
const acksOf = { all: -1, leader: 1, none: 0 } as const;

export async function kafkajsProducer(
  kafka: KafkajsLike,
  { acks, idempotent, compression }: ProducerOptions,
): Promise<KafkaProducer> {
  /** Where each message goes: chosen once, for a message that is tried again must not go elsewhere. */
  const chosen = new WeakMap<object, number>();
  let turn = 0;

  function choose({ topic, partitionMetadata, message }: KafkajsPartitionerArguments): number {
    const known = chosen.get(message);
    if (known !== undefined) return known;
    const { partition: wanted, key } = message as KafkajsOutgoing;
    if (wanted !== undefined && partitionMetadata.every(({ partitionId }) => partitionId !== wanted)) {
      throw kafkaError('KAFKA_TOPIC_MISSING', `Topic "${topic}" has no partition ${wanted}.`);
    }
    const partition = wanted ?? byKey(key, partitionMetadata);
    chosen.set(message, partition);
    return partition;
  }

  function byKey(
    key: KafkajsOutgoing['key'],
    partitions: KafkajsPartitionerArguments['partitionMetadata'],
  ): number {
    if (key !== null) return partitionOfKey(key, partitions.length);
    turn += 1;
    const led = partitions.filter(({ leader }) => leader >= 0);
    const among = led.length > 0 ? led : partitions;
    return among[turn % among.length]?.partitionId ?? 0;
  }

  const producer = kafka.producer({
    idempotent,
    ...(idempotent && { maxInFlightRequests: 1 }),
    allowAutoTopicCreation: false,
    createPartitioner: () => choose,
  });
  try {
    await producer.connect();
  } catch (error) {
    await producer.disconnect().catch(() => {});
    throw kafkajsFailure(error, 'Connecting to the brokers failed');
  }

  /** Answers the offset of the first message of each partition. */
  async function sendOnce(topic: string, messages: KafkajsOutgoing[]): Promise<ReadonlyMap<number, bigint>> {
    try {
      const answers = await producer.send({
        topic,
        messages,
        acks: acksOf[acks],
        ...(compression !== undefined && { compression }),
      });
      return new Map(answers.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? -1)]));
    } catch (error) {
      throw kafkajsFailure(error, `Topic "${topic}" could not be published to`);
    }
  }

  return {
    async send(topic, records) {
      const messages = records.map(toMessage);
      const places = new Map<KafkajsOutgoing, SentRecord>();
      const partitionOf = (message: KafkajsOutgoing) => chosen.get(message) ?? -1;
      let open = messages;
      for (let round = 0; open.length > 0; round += 1) {
        if (round === mostRounds) {
          throw kafkaError('KAFKA_REQUEST_FAILED', `Not all partitions of topic "${topic}" have answered.`);
        }
        const next = new Map(await sendOnce(topic, open));
        for (const message of open) {
          const partition = partitionOf(message);
          const offset = next.get(partition);
          if (offset === undefined && acks !== 'none') continue;
          if (offset !== undefined) next.set(partition, offset + 1n);
          places.set(message, {
            partition,
            offset: offset === undefined || offset < 0n ? undefined : offset,
          });
        }
        // When a partition moves between two tries of its own, kafkajs takes the new leader for one that has answered
        // already, leaves the partition out, and says that all is sent.
        open = open.filter((message) => !places.has(message));
      }
      return messages.map((message) => places.get(message) ?? { partition: -1, offset: undefined });
    },
    close: () => producer.disconnect().catch(() => {}),
  };
}

function toMessage({ key, value, headers, timestamp, partition }: OutgoingRecord): KafkajsOutgoing {
  const named: Record<string, Buffer | Buffer[]> = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (const [name, value] of headers) {
    const before = named[name];
    const bytes = toBuffer(value);
    named[name] = before === undefined ? bytes : [before, bytes].flat();
  }
  return {
    key: key === null ? null : toBuffer(key),
    value: value === null ? null : toBuffer(value),
    headers: named,
    timestamp: String(timestamp),
    ...(partition !== undefined && { partition }),
  };
}

function toBuffer(bytes: OutgoingBytes): Buffer {
  if (typeof bytes === 'string') return Buffer.from(bytes);
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
