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

// Groups of persistent subscriptions.
export type { PersistentOptions } from './persistent/options.ts';
export type { GroupSettings } from './persistent/group-settings.ts';
export type { EventstoreGroups, GroupName } from './persistent/groups.ts';
export { eventstoreGroups } from './persistent/groups.ts';
export type {
  AllGroupSettings,
  GroupInfo,
  GroupSubscription,
  PersistentClient,
  ServerGroupSettings,
  StreamGroupSettings,
} from './persistent/persistent-client.ts';

// Publishing.
export type { ExpectedRevision, OutgoingEvent, Published } from './publisher/event.ts';
export type { PublisherSettings } from './publisher/options.ts';
export type {
  EventPublisher,
  EventstorePublisherOptions,
  PublishedMany,
  PublishFromError,
  PublishOptions,
} from './publisher/publisher.ts';
export { eventstorePublisher, isPublishFromError } from './publisher/publisher.ts';
export type { WrongRevisionError } from './publisher/append-errors.ts';
export { isWrongRevisionError } from './publisher/append-errors.ts';
export type { AppendAnswer, AppendClient, AppendEvent, StreamState } from './publisher/append-client.ts';

// Reading.
export type {
  AllReadOptions,
  EventReader,
  EventstoreReaderOptions,
  ReaderSettings,
  ReadOptions,
  StreamReadOptions,
} from './reader/reader.ts';
export { eventstoreReader } from './reader/reader.ts';
export type { AllSlice, StreamSlice } from './reader/slices.ts';
export type { Direction, ReadClient } from './reader/read-client.ts';
export type { ClientOptions } from './connect/lazy-client.ts';

// Errors.
export type { EventstoreErrorCode } from './errors.ts';
export { eventstoreErrorCodes } from './errors.ts';
