// The broadcaster.
export type { Broadcaster, BroadcasterMetrics } from './broadcaster/broadcaster.ts';
export { createBroadcaster } from './broadcaster/broadcaster.ts';
export type { BroadcasterHealth } from './broadcaster/health.ts';
export type {
  BroadcasterLimits,
  BroadcasterOptions,
  BroadcasterTimeouts,
  OwnershipCheck,
} from './broadcaster/options.ts';
export type { HandshakeRequest } from './handshake/ask.ts';
export type { RedeliveryOptions } from './broadcaster/sending/schedule.ts';
export type { Published } from './broadcaster/publishing.ts';
export type { Counter } from './broadcaster/metrics.ts';
export type { AccessRequest, BroadcasterClient } from './broadcaster/access/clients.ts';
export type { LocalMessage, LocalSubscribers } from './broadcaster/local-subscribers.ts';

// Its WebSockets.
export type { WebsocketEndpoint } from './broadcaster/websocket/endpoint.ts';
export { serveWebsockets } from './broadcaster/websocket/for-broadcaster.ts';
export type { SocketOptions } from './broadcaster/websocket/options.ts';

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
export type {
  LogBounds,
  LoggedMessage,
  ReplayLog,
  UnnumberedMessage,
} from './broadcaster/ports/replay-log.ts';
export type {
  DisabledSubscriber,
  Permission,
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
