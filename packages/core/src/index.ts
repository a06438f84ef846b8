export type { Clock } from './clock.ts';
export { systemClock, wait } from './clock.ts';
export type { CoreErrorCode } from './errors.ts';
export { coreErrorCodes, isMillraceError, MillraceError } from './errors.ts';
export type { LogFields, Logger } from './log.ts';
export type { Headers, HeaderValue, Incoming, Message, Position } from './message.ts';
export { toPosition } from './message.ts';
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
export type { RetryOptions } from './retry.ts';
export type {
  Capabilities,
  Check,
  Demand,
  SettleFailure,
  Settlement,
  Source,
  SourceContext,
  SourceSession,
  SourceSettings,
  StartPosition,
  VerifyContext,
} from './source.ts';
