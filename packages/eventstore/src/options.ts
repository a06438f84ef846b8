import type { SourceSettings } from '@millrace/core';
import type { EventstoreClient } from './client.ts';
import type { OrderKey } from './events/received-event.ts';

/** What of all events the server sends. Regular expressions are those of .NET. */
export type EventFilter = {
  /**
   * Windows (of 32 events by default) that the server looks through between two positions it tells. 1 is chatty, large
   * ones have more looked through again after a restart.
   * @default 16
   */
  readonly checkpointInterval?: number;
  /** Events that the server looks through at a time. */
  readonly maxSearchWindow?: number;
} & (
  | { readonly streams: FilterExpression; readonly types?: never }
  | { readonly types: FilterExpression; readonly streams?: never }
);

/** Names that begin with one of these, or match. */
export type FilterExpression = { readonly prefixes: readonly string[] } | { readonly regex: string };

/** What to read from: exactly one. */
export type EventstoreFrom =
  | {
      readonly stream: string;
      /**
       * Whether links in the stream stand for the events they lead to.
       * @default false; true of streams of the server, which begin with $
       */
      readonly resolveLinks?: boolean;
    }
  | {
      readonly all: true;
      readonly filter?: EventFilter;
      /**
       * Whether events of the database itself, whose types or streams begin with $, are handled.
       * @default false
       */
      readonly systemEvents?: boolean;
    }
  /** All streams named `<category>-…`, by the server's projection `$by_category`. */
  | { readonly category: string }
  /** All events of the type, by the server's projection `$by_event_type`. */
  | { readonly eventType: string };

/** Where the database is: exactly one. */
export type EventstoreConnection =
  | {
      /** Of `@kurrent/kurrentdb-client` or of `@eventstore/db-client`, never both in one process. Yours to dispose of. */
      readonly client: EventstoreClient;
      readonly connectionString?: never;
    }
  | {
      /**
       * Such as `kurrentdb://user:password@host:2113?tls=true`; takes the package `@kurrent/kurrentdb-client`. Sources with
       * the same one share connections, with at most 90 subscriptions each.
       */
      readonly connectionString: string;
      readonly client?: never;
    };

export type CatchUpOptions = Omit<SourceSettings, 'start'> &
  EventstoreConnection & {
    readonly from: EventstoreFrom;
    /**
     * `catch-up`: goes on after the replay marker. `live`: what is appended from the start on, without markers.
     * @default 'catch-up'
     */
    readonly mode?: 'catch-up' | 'live';
    /**
     * Name of the source, part of the key of its replay markers.
     * @default the stream's
     */
    readonly name?: string;
    /**
     * Where to start without a replay marker. Of `catch-up` only. A date is not known to the database.
     * @default 'latest'
     */
    readonly start?: Exclude<SourceSettings['start'], { readonly at: Date }>;
    /**
     * What is kept in order: events of the same stream, or those with the same key. Undefined as a key: no order.
     * @default 'stream'
     */
    readonly order?: 'stream' | OrderKey;
    /**
     * Only one consumer of the name reads at a time, others stand by; needs a store with `ownership`. Of `catch-up` only.
     * @default true
     */
    readonly exclusive?: boolean;
    /** How a subscription that ended is made again: after anything up to a bound that doubles. */
    readonly resubscribe?: {
      /**
       * The first bound in milliseconds.
       * @default 500
       */
      readonly delay?: number;
      /**
       * The greatest, and the age from which on a subscription that ends was a healthy one.
       * @default 30_000
       */
      readonly maxDelay?: number;
    };
    readonly watchdog?: {
      /**
       * Milliseconds until a subscription must be confirmed.
       * @default 10_000
       */
      readonly confirm?: number;
      /**
       * Milliseconds of silence after which the database is asked whether there is anything to send. It is asked as often
       * while nothing comes, which also tells the lag.
       * @default 30_000
       */
      readonly stall?: number;
    };
  };

/** The stream, or all streams, to subscribe to. */
export type Feed =
  | { readonly kind: 'stream'; readonly stream: string; readonly resolveLinks: boolean }
  | { readonly kind: 'all'; readonly filter: EventFilter | undefined; readonly systemEvents: boolean };

/** Options checked, with the defaults filled in. */
export interface CatchUpSettings {
  readonly name: string;
  readonly connection: EventstoreConnection;
  readonly feed: Feed;
  /** As its marker is kept under. */
  readonly channel: string;
  /** All that the source is sent, if the server picks by type. */
  readonly eventType: string | undefined;
  readonly mode: 'catch-up' | 'live';
  readonly order: 'stream' | OrderKey;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
  readonly exclusive: boolean;
  readonly resubscribe: { readonly delay: number; readonly maxDelay: number };
  readonly watchdog: { readonly confirm: number; readonly stall: number };
}
