// Consuming.
export type { EventstoreClient, LogPosition, RecordedEvent, ResolvedEvent, Subscription } from './client.ts';
export type { OrderKey } from './events/received-event.ts';
export type {
  CatchUpOptions,
  EventFilter,
  EventstoreConnection,
  EventstoreFrom,
  FilterExpression,
} from './options.ts';
export type { EventstoreOptions } from './source.ts';
export { eventstore } from './source.ts';

// Errors.
export type { EventstoreErrorCode } from './errors.ts';
export { eventstoreErrorCodes } from './errors.ts';
