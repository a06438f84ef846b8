// Consuming.
export type { DecodeOptions } from './decode/options.ts';
export type { KafkaOptions } from './options.ts';
export { kafka } from './source.ts';

// Clients.
export type {
  HeaderBytes,
  KafkaAdmin,
  KafkaClient,
  KafkaMember,
  KafkaRecord,
  MemberOptions,
  PartitionBounds,
  PartitionOffset,
  RecordBatch,
  TopicPartition,
} from './client/port.ts';
export { kafkajsClient } from './client/kafkajs.ts';
export type { KafkajsLike } from './client/kafkajs-like.ts';

// Errors.
export type { KafkaErrorCode } from './errors.ts';
export { kafkaErrorCodes } from './errors.ts';
