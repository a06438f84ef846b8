import type { SourceSettings } from '@millrace/core';
import type { EventstoreFrom, Feed } from '../options.ts';
import type { ClientOptions } from '../connect/lazy-client.ts';
import type { OrderKey } from '../events/received-event.ts';
import type { GroupSettings, WantedSettings } from './group-settings.ts';
import type { PersistentClient } from './persistent-client.ts';

export type PersistentOptions = Omit<SourceSettings, 'start' | 'onInvalidPosition' | 'commit'> &
  ClientOptions<PersistentClient> & {
    readonly mode: 'persistent';
    readonly from: EventstoreFrom;
    /** The server keeps how far a group is, and shares its events among all who consume in it. */
    readonly group: string;
    readonly settings?: GroupSettings;
    /**
     * What to do when there is no such group.
     * @default 'create'
     */
    readonly onMissing?: 'create' | 'fail';
    /**
     * What to do when the group has other settings than those given here. `update` changes them, for all its consumers.
     * @default 'fail'
     */
    readonly onDifferent?: 'update' | 'fail';
    /**
     * Events that the server sends ahead. Each must be done with within the group's message timeout, from when it is sent.
     * @default concurrency + prefetch
     */
    readonly bufferSize?: number;
    /**
     * What the server does with an event that was given up on, after its dead letter is stored: `park` keeps it among the
     * group's parked ones too, `skip` counts it as done.
     * @default 'park'
     */
    readonly dead?: 'park' | 'skip';
    /**
     * What events are handled one after another by, such as `(event) => event.streamId`. The server promises no order in
     * any strategy: those that come out of order stay so.
     * @default no order
     */
    readonly order?: 'stream' | OrderKey;
    /** How a subscription that ended is made again: after anything up to a bound that doubles. In milliseconds. */
    readonly resubscribe?: {
      /** @default 500 */
      readonly delay?: number;
      /** @default 30_000 */
      readonly maxDelay?: number;
    };
    readonly watchdog?: {
      /**
       * Milliseconds until a subscription must be confirmed, and calls be answered.
       * @default 10_000
       */
      readonly confirm?: number;
      /**
       * Milliseconds of silence after which the server is asked whether it still has this consumer.
       * @default 30_000
       */
      readonly stall?: number;
    };
  };

/** Options checked, with the defaults filled in. */
export interface PersistentSettings {
  readonly name: string;
  readonly connection: ClientOptions<PersistentClient>;
  readonly feed: Feed;
  readonly channel: string;
  readonly group: string;
  readonly wanted: WantedSettings;
  readonly onMissing: 'create' | 'fail';
  readonly onDifferent: 'update' | 'fail';
  readonly bufferSize: number;
  readonly concurrency: number;
  readonly dead: 'park' | 'skip';
  readonly order: 'stream' | OrderKey;
  /** Milliseconds that an event is ours from when it is received. */
  readonly lease: number;
  readonly resubscribe: { readonly delay: number; readonly maxDelay: number };
  readonly watchdog: { readonly confirm: number; readonly stall: number };
}
