import { optionText, topicName, wholeNumber, wrongOption } from '../check-options.ts';
import type { Acks, KafkaClient } from '../client/port.ts';

export interface KafkaPublisherOptions {
  /** `kafkajsClient(new Kafka({ brokers }))`, or `platformaticClient({ clientId, bootstrapBrokers })`. */
  readonly client: KafkaClient;
  /** Where events go that name no topic. */
  readonly topic?: string;
  /**
   * Who has to have an event before it counts as published: all replicas in sync, the leader, or nobody.
   * @default 'all'
   */
  readonly acks?: Acks;
  /**
   * Whether the broker recognises what the client sends twice after a lost answer. Takes `acks: 'all'`.
   * @default true, if `acks` is 'all'
   */
  readonly idempotent?: boolean;
  /**
   * The protocol's number of a codec, as `CompressionTypes` of kafkajs has it: 1 gzip, 2 Snappy, 3 LZ4, 4 Zstandard.
   * @default none
   */
  readonly compression?: number;
  /**
   * Bytes of an event, its key and its headers, and of all that goes to a partition at once. The broker's
   * `message.max.bytes`, which is 1_048_588 unless set, must not be less.
   * @default 1_000_000
   */
  readonly maxMessageBytes?: number;
  /**
   * Name of the header for the event's name.
   * @default 'event'
   */
  readonly eventHeader?: string;
  /**
   * Name of the header for the event's id.
   * @default 'event-id'
   */
  readonly idHeader?: string;
}

/** Options checked, with the defaults filled in. */
export interface PublisherSettings {
  readonly client: KafkaClient;
  readonly topic: string | undefined;
  readonly acks: Acks;
  readonly idempotent: boolean;
  readonly compression: number | undefined;
  readonly maxMessageBytes: number;
  readonly eventHeader: string;
  readonly idHeader: string;
}

/** Throws KAFKA_OPTIONS. */
export function checkPublisher(options: KafkaPublisherOptions): PublisherSettings {
  if (typeof options !== 'object' || options === null) {
    throw wrongOption('Options are needed: kafkaPublisher({ client, topic: "orders" }).');
  }
  const { client, topic, acks = 'all', idempotent = acks === 'all', compression } = options;
  if (typeof client !== 'object' || client === null || !('producer' in client)) {
    throw wrongOption('`client` is needed: kafkajsClient(new Kafka({ brokers: ["localhost:9092"] })).');
  }
  if (!['all', 'leader', 'none'].includes(acks))
    throw wrongOption('`acks` must be "all", "leader" or "none".');
  if (typeof idempotent !== 'boolean') throw wrongOption('`idempotent` must be true or false.');
  if (idempotent && acks !== 'all') throw wrongOption('`idempotent` takes `acks: "all"`.');
  return {
    client,
    topic: topic === undefined ? undefined : topicName('topic', topic),
    acks,
    idempotent,
    compression: compression === undefined ? undefined : wholeNumber('compression', compression, 0),
    maxMessageBytes: wholeNumber('maxMessageBytes', options.maxMessageBytes ?? 1_000_000, 1),
    eventHeader: optionText('eventHeader', options.eventHeader ?? 'event'),
    idHeader: optionText('idHeader', options.idHeader ?? 'event-id'),
  };
}
