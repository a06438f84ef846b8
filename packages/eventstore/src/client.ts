/** Where an event stands in the transaction log. */
export interface LogPosition {
  readonly commit: bigint;
  readonly prepare: bigint;
}

/** An event as a client of the database hands it over. */
export interface RecordedEvent {
  readonly streamId: string;
  readonly id: string;
  readonly revision: bigint;
  readonly type: string;
  readonly isJson: boolean;
  /** Of JSON the parsed value, or the text as it is where it can't be parsed; else bytes. */
  readonly data: unknown;
  readonly metadata: unknown;
  readonly created: Date;
  readonly position?: LogPosition | undefined;
}

/** What a subscription or a read brings. Without `event` it is a link to an event that was deleted. */
export interface ResolvedEvent {
  readonly event?: RecordedEvent | undefined;
  /** The link, where the event was reached by one. */
  readonly link?: RecordedEvent | undefined;
  readonly commitPosition?: bigint | undefined;
  /** How often a group handed it out before. Only events of groups have it. */
  readonly retryCount?: number | undefined;
}

/** How far a subscription had come when it became live. Only `@kurrent/kurrentdb-client` tells. */
export interface CaughtUp {
  readonly revision?: bigint;
  readonly position?: LogPosition;
}

/** A running subscription: an object-mode `Readable` of the client. */
export interface Subscription {
  read(): unknown;
  /** Events received and not read. */
  readonly readableLength: number;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  off(event: string, listener: (...args: unknown[]) => void): unknown;
  unsubscribe(): Promise<void>;
}

interface FilterBase {
  readonly filterOn: 'streamName' | 'eventType';
  readonly checkpointInterval: number;
  readonly maxSearchWindow?: number;
  readonly checkpointReached?: (subscription: unknown, position: LogPosition) => void;
}

export type ServerFilter = FilterBase & ({ readonly prefixes: string[] } | { readonly regex: string });

/**
 * What is used of a client to subscribe and to read. The clients of `@kurrent/kurrentdb-client` and of
 * `@eventstore/db-client` both have it.
 */
export interface EventstoreClient {
  subscribeToStream(
    stream: string,
    options: {
      readonly fromRevision: bigint | 'start' | 'end';
      readonly resolveLinkTos: boolean;
    },
  ): Subscription;
  subscribeToAll(options: {
    readonly fromPosition: LogPosition | 'start' | 'end';
    readonly resolveLinkTos: boolean;
    readonly filter?: ServerFilter;
  }): Subscription;
  readStream(
    stream: string,
    options: {
      readonly direction: 'forwards' | 'backwards';
      readonly fromRevision: bigint | 'start' | 'end';
      readonly maxCount: number;
    },
  ): AsyncIterable<ResolvedEvent>;
  readAll(options: {
    readonly direction: 'forwards' | 'backwards';
    readonly fromPosition: LogPosition | 'start' | 'end';
    readonly maxCount: number;
  }): AsyncIterable<ResolvedEvent>;
  dispose(): Promise<void>;
}
