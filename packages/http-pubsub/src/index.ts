// Who may say what.
export type { Auth, AuthScheme, Verdict } from './wire/auth/scheme.ts';
export { noAuth } from './wire/auth/scheme.ts';
export type { Direction, Operation } from './wire/auth/operation.ts';
export type { TokenOptions } from './wire/auth/token.ts';
export { tokenAuth } from './wire/auth/token.ts';
export type { HmacOptions } from './wire/auth/hmac.ts';
export { hmacAuth } from './wire/auth/hmac.ts';
export type { ReplayGuard } from './wire/auth/replay-guard.ts';
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

// Where requests come in.
export type { Listener } from './listener/listener.ts';
export { createListener } from './listener/listener.ts';
export type { ListenerLimits, ListenerOptions } from './listener/options.ts';
export type { ListenerReply, ListenerRequest, Route } from './listener/route.ts';
export type { UpgradeHandler } from './listener/upgrades.ts';

// Who is called, and how.
export type { OutgoingLimits } from './outgoing/limits.ts';
export type { Outgoing, OutgoingOptions, OutgoingReply, OutgoingRequest } from './outgoing/outgoing.ts';
export { outgoing } from './outgoing/outgoing.ts';
export type { Resolve, TargetGuard, TargetGuardOptions } from './outgoing/target-guard.ts';
export { targetGuard } from './outgoing/target-guard.ts';
// Over a WebSocket.
export { websocketPubsub } from './websocket/source.ts';
export type { WebsocketPubsubOptions } from './websocket/options.ts';
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
