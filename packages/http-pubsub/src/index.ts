// Who may say what.
export type { Auth, AuthScheme, Verdict } from './wire/auth/scheme.ts';
export { noAuth } from './wire/auth/scheme.ts';
export type { Direction, Operation } from './wire/auth/operation.ts';
export type { TokenOptions } from './wire/auth/token.ts';
export { tokenAuth } from './wire/auth/token.ts';
export type { HmacOptions } from './wire/auth/hmac.ts';
export { hmacAuth } from './wire/auth/hmac.ts';
export type { ReplayGuard, RevocableReplayGuard } from './wire/auth/replay-guard.ts';
export { memoryReplayGuard } from './wire/auth/replay-guard.ts';
export type { RedisClient } from './guards/redis-client.ts';
export type { RedisReplayGuardOptions } from './guards/redis-replay-guard.ts';
export { redisReplayGuard } from './guards/redis-replay-guard.ts';
export type { SqliteReplayGuard, SqliteReplayGuardOptions } from './guards/sqlite-replay-guard.ts';
export { sqliteReplayGuard } from './guards/sqlite-replay-guard.ts';
export type { AuthParts } from './wire/auth/auth.ts';
export { authBySecrets } from './wire/auth/auth.ts';
export type { Secret, Secrets } from './wire/auth/secrets-file.ts';
export { createSecret, formatSecrets, parseSecrets } from './wire/auth/secrets-file.ts';

// Which topics are meant.
export type { GlobDialect, GlobMatcher } from './wire/glob/glob.ts';
export { compileGlob } from './wire/glob/glob.ts';

// Subscribe and publish over HTTP.
export type { BroadcasterAddress } from './calls/broadcaster-list.ts';
export type { BroadcasterHealth } from './calls/broadcasters.ts';
export type { CallOptions, HttpPubsubOptions, ListenOptions } from './subscriber/options.ts';
export { httpPubsub } from './subscriber/source.ts';
export type { EventOptions } from './publisher/event.ts';
export type { HttpPublisherOptions, Notified, NotifyOptions, Publisher } from './publisher/http-publisher.ts';
export { httpPublisher } from './publisher/http-publisher.ts';
export type { Payload } from './publisher/payload.ts';

// Where requests come in.
export type { Listener } from './listener/listener.ts';
export { createListener } from './listener/listener.ts';
export type { ListenerLimits, ListenerOptions } from './listener/options.ts';
export type { ListenerReply, ListenerRequest, Route } from './listener/route.ts';
export type { UpgradeHandler } from './listener/upgrades.ts';

// Webhooks.
export { webhook } from './webhook/webhook.ts';
export type { AckMode, WebhookOptions, WebhookPlace, WebhookSenders } from './webhook/options.ts';
export type { StandardWebhooksOptions } from './webhook/standard-webhooks/standard-webhooks.ts';
export { standardWebhooks } from './webhook/standard-webhooks/standard-webhooks.ts';
export type { CloudEventsOptions } from './webhook/cloud-events/cloud-events.ts';
export { cloudEvents } from './webhook/cloud-events/cloud-events.ts';
export type { Authorize, BearerOptions } from './webhook/cloud-events/authorize.ts';
export { bearer } from './webhook/cloud-events/authorize.ts';
export type { HandshakeOptions } from './handshake/answer.ts';
export type { SnsWebhookOptions } from './webhook/sns/sns-webhook.ts';
export { snsWebhook } from './webhook/sns/sns-webhook.ts';
export type { ConfirmPolicy, PendingSubscription } from './webhook/sns/confirm.ts';
export type { SnsDecodeOptions } from './webhook/sns/decode.ts';
export type { CustomOptions } from './webhook/custom.ts';
export { custom } from './webhook/custom.ts';
export type {
  Proof,
  WebhookContext,
  WebhookEvent,
  WebhookHead,
  WebhookRefusal,
  WebhookRequest,
  WebhookVerdict,
  WebhookVerifier,
} from './webhook/verifier.ts';
export type { AcceptStore, KeptEvent } from './webhook/accept/store.ts';
export { memoryAcceptStore } from './webhook/accept/memory-accept-store.ts';
export type { SqliteAcceptStore, SqliteAcceptStoreOptions } from './webhook/accept/sqlite-accept-store.ts';
export { sqliteAcceptStore } from './webhook/accept/sqlite-accept-store.ts';

// Who is called, and how.
export type { OutgoingLimits } from './outgoing/limits.ts';
export type {
  Outgoing,
  OutgoingOptions,
  OutgoingQuestion,
  OutgoingReply,
  OutgoingRequest,
} from './outgoing/outgoing.ts';
export { outgoing } from './outgoing/outgoing.ts';
export type { Resolve, TargetGuard, TargetGuardOptions } from './outgoing/target-guard.ts';
export { targetGuard } from './outgoing/target-guard.ts';
// Over a WebSocket.
export { websocketPubsub } from './websocket/source.ts';
export type { WebsocketPubsubOptions } from './websocket/options.ts';
export { websocketPublisher } from './websocket/publisher.ts';
export type { WebsocketPublisherOptions } from './websocket/publisher.ts';
export type {
  BroadcasterOptions,
  CompressionOptions,
  ReconnectOptions,
  WebsocketOptions,
} from './websocket/common-options.ts';

// What comes out.
export type { DecodeOptions, NativeMessage } from './receive/incoming.ts';
export type { Body, SpoolOptions } from './receive/spool.ts';

// Errors.
export type { HttpPubsubErrorCode } from './errors.ts';
export { httpPubsubErrorCodes } from './errors.ts';
