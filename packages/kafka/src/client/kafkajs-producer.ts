import { partitionOfKey } from '../publisher/partition-of-key.ts';
import { kafkajsFailure } from './kafkajs-failure.ts';
import type { KafkajsLike, KafkajsOutgoing, KafkajsPartitionerArguments } from './kafkajs-like.ts';
import type { KafkaProducer, OutgoingRecord, ProducerOptions, SentRecord } from './port.ts';

const acksOf = { all: -1, leader: 1, none: 0 } as const;

export async function kafkajsProducer(
  kafka: KafkajsLike,
  { acks, idempotent, compression }: ProducerOptions,
): Promise<KafkaProducer> {
  /** Where each message goes: chosen once, for a message that is tried again must not go elsewhere. */
  const chosen = new WeakMap<object, number>();
  let turn = 0;

  function choose({ partitionMetadata, message }: KafkajsPartitionerArguments): number {
    const known = chosen.get(message);
    if (known !== undefined) return known;
    const { partition: wanted, key } = message as KafkajsOutgoing;
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
    throw kafkajsFailure(error, 'The brokers could not be reached');
  }

  return {
    async send(topic, records) {
      const messages = records.map(toMessage);
      try {
        const answers = await producer.send({
          topic,
          messages,
          acks: acksOf[acks],
          ...(compression !== undefined && { compression }),
        });
        const next = new Map(
          answers.map(({ partition, baseOffset }) => [partition, BigInt(baseOffset ?? -1)]),
        );
        return messages.map((message): SentRecord => {
          const partition = chosen.get(message) ?? -1;
          const offset = next.get(partition);
          if (offset === undefined || offset < 0n) return { partition, offset: undefined };
          next.set(partition, offset + 1n);
          return { partition, offset };
        });
      } catch (error) {
        throw kafkajsFailure(error, `Topic "${topic}" could not be published to`);
      }
    },
    close: () => producer.disconnect().catch(() => {}),
  };
}

function toMessage({ key, value, headers, timestamp, partition }: OutgoingRecord): KafkajsOutgoing {
  const named: Record<string, Buffer | Buffer[]> = Object.create(null) as Record<string, Buffer | Buffer[]>;
  for (const [name, values] of headers) {
    const [first, ...more] = values.map(toBuffer);
    if (first !== undefined) named[name] = more.length > 0 ? [first, ...more] : first;
  }
  return {
    key: key === null ? null : toBuffer(key),
    value: value === null ? null : toBuffer(value),
    headers: named,
    timestamp: String(timestamp),
    ...(partition !== undefined && { partition }),
  };
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
