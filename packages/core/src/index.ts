// What users write with.
export type { Consumer } from './consumer.ts';
export { createConsumer } from './consumer.ts';
export type { ConsumerOptions, IdempotencyOptions, StoreParts } from './consumer-settings.ts';
export type { HandlerDecorator } from './decorator.ts';
export { handler } from './decorator.ts';
export type { EventTypes, Handler, HandlerOptions, PlainOptions, SchemaOptions } from './handler.ts';
export type { HandlerContext } from './handler-context.ts';
export type { Headers, HeaderValue, Message, Position } from './message.ts';
export type { Middleware } from './middleware.ts';
export type { RelayedEvent, RelayOptions, RelayTarget } from './relay.ts';
export { relay } from './relay.ts';
export type { RegisterFunction, Registration, Registry } from './registry.ts';
export { createRegistry, patternsOf } from './registry.ts';
export type { RetryOptions } from './retry.ts';

export type { MemoryStoreOptions } from './stores/memory/memory-store.ts';
export { memoryStore } from './stores/memory/memory-store.ts';

// What users look at.
export type { DeadLetterDesk, DeadLetterEdit } from './dead-letter-desk.ts';
export type { Diagnostics } from './diagnostics.ts';
export type { ErrorDescription } from './error-description.ts';
export { describeError } from './error-description.ts';
export type { CoreErrorCode } from './errors.ts';
export { coreErrorCodes, isMillraceError, MillraceError } from './errors.ts';
export type { ConsumerHealth, GapReport, SourceHealth, SourceStatus } from './health.ts';
export type { LogFields, Logger } from './log.ts';
export { consoleLogger, silentLogger } from './log.ts';
export type { RedriveResult } from './redrive.ts';
export { redact } from './redaction.ts';
export type { FeedReport } from './verify.ts';

// What adapters implement.
export type { Clock } from './clock.ts';
export { systemClock, wait } from './clock.ts';
export type { Incoming } from './message.ts';
export { toPosition } from './message.ts';
export { assertPattern, isPattern, matchesPattern, patternsOverlap } from './pattern.ts';
export type {
  Capabilities,
  Check,
  Demand,
  Gap,
  Passed,
  SettleFailure,
  Settlement,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
  StartPosition,
  VerifyContext,
} from './source.ts';

// What stores implement.
export type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterReason,
  DeadLetterStore,
  DeadMessage,
} from './ports/dead-letter-store.ts';
export { deadLetterReasons } from './ports/dead-letter-store.ts';
export type {
  Claim,
  ClaimRequest,
  ClaimVerdict,
  IdempotencyStore,
  Release,
  TransactionalCompletion,
} from './ports/idempotency-store.ts';
export type { Ownership, OwnershipLease } from './ports/ownership.ts';
export type { MapLike, ReplayMarker, ReplayStorage } from './ports/replay-storage.ts';
export { replayStorageFromMap } from './ports/replay-storage.ts';
export type { Store } from './ports/store.ts';
export { defaultAbandonedRetention } from './stores/claim-record.ts';
export { decodeDeadLetter, encodeDeadLetter } from './stores/dead-letter-codec.ts';
export type { DeadLetterCursor } from './stores/dead-letter-cursor.ts';
export {
  decodeCursor as decodeDeadLetterCursor,
  encodeCursor as encodeDeadLetterCursor,
} from './stores/dead-letter-cursor.ts';
