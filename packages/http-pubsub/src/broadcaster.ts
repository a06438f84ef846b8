// Where a broadcaster keeps what it knows.
export type { MemoryBroadcasterStoreOptions } from './broadcaster/memory/memory-store.ts';
export { memoryBroadcasterStore } from './broadcaster/memory/memory-store.ts';
export type { BroadcasterStore } from './broadcaster/ports/broadcaster-store.ts';
export type {
  UndeliveredMessage,
  UndeliveredMessages,
  UndeliveredPage,
  UndeliveredQuery,
} from './broadcaster/ports/dead-letters.ts';
export type {
  DeliveryCounts,
  DeliveryStore,
  Lease,
  LeasedDelivery,
  LeasedHint,
  LeaseRequest,
  NewDelivery,
  NewHint,
} from './broadcaster/ports/delivery-store.ts';
export type { MessageBody, PublishedMessage } from './broadcaster/ports/message.ts';
export type { LogBounds, LoggedMessage, ReplayLog } from './broadcaster/ports/replay-log.ts';
export type {
  DisabledSubscriber,
  Subscriber,
  Subscription,
  SubscriptionStore,
} from './broadcaster/ports/subscription-store.ts';
export type { TopicGlobs } from './broadcaster/topic-globs.ts';
export { createTopicGlobs } from './broadcaster/topic-globs.ts';

// Stores that outlive the process.
export type { SqliteBroadcasterStoreOptions } from './broadcaster/stores/sqlite/options.ts';
export { sqliteBroadcasterStore } from './broadcaster/stores/sqlite/sqlite-broadcaster-store.ts';
export type { RedisBroadcasterStoreOptions } from './broadcaster/stores/redis/options.ts';
export { redisBroadcasterStore } from './broadcaster/stores/redis/redis-broadcaster-store.ts';
export type { RedisClient } from './guards/redis-client.ts';
