// Consuming.
export type { DecodeOptions } from './decode/options.ts';
export type { KafkaOptions } from './options.ts';
export { kafka } from './source.ts';

// Publishing.
export type { OutgoingEvent, Published } from './publisher/event.ts';
export type { KafkaPublisherOptions } from './publisher/options.ts';
export type { KafkaPublisher, PublishOptions } from './publisher/publisher.ts';
export { kafkaPublisher } from './publisher/publisher.ts';

// Retrying without holding up a partition.
export type { RetryTopicsOptions } from './retry-topics/options.ts';
export type { RetryTopics } from './retry-topics/retry-topics.ts';
export { retryTopics } from './retry-topics/retry-topics.ts';
export type { DeadLetterTopicOptions } from './retry-topics/dead-letter-topic.ts';
export { deadLetterTopic } from './retry-topics/dead-letter-topic.ts';

// Clients.
export type {
  Acks,
  HeaderBytes,
  KafkaAdmin,
  KafkaClient,
  KafkaMember,
  KafkaProducer,
  KafkaRecord,
  MemberOptions,
  OutgoingRecord,
  PartitionBounds,
  PartitionOffset,
  ProducerOptions,
  RecordBatch,
  SentRecord,
  TopicPartition,
} from './client/port.ts';
export { kafkajsClient } from './client/kafkajs.ts';
export type { KafkajsLike } from './client/kafkajs-like.ts';

// Errors.
export type { KafkaErrorCode } from './errors.ts';
export { kafkaErrorCodes } from './errors.ts';
