import type { SourceSettings, StartPosition } from '@millrace/core';
import type { AuthProvider } from './auth/provider.ts';
import type { EventOptions } from './events/options.ts';
import type { PubSubOptions, PubSubSettings } from './pubsub/settings.ts';

export interface ChannelOptions {
  /** Such as `/event/Order__e`, `/data/ChangeEvents`, `/topic/Open?Status=New`, `/u/notices`. */
  readonly channel: string;
  /** @default that of the source */
  readonly start?: StartPosition;
  /** @default that of the source */
  readonly onInvalidPosition?: 'earliest' | 'latest' | 'fail';
}

/** How a channel that could not be subscribed to is tried again. */
export interface SubscribeRetryOptions {
  /**
   * Milliseconds before the second try; 30_000 at least where the server says that it is busy, or a limit is reached.
   * @default 1_000
   */
  readonly delay?: number;
  /**
   * What the delay is multiplied with from try to try.
   * @default 2
   */
  readonly factor?: number;
  /**
   * The longest delay in milliseconds.
   * @default 300_000
   */
  readonly maxDelay?: number;
  /**
   * Tries after which the channel counts as failed. It is still tried, each `maxDelay`.
   * @default 20
   */
  readonly attempts?: number;
  /**
   * A request to subscribe had no answer. False: the source fails with the error.
   * @default connects again and goes on
   */
  readonly retryOnError?: (channel: string, error: Error) => boolean;
  /**
   * The server has refused a subscription with this reply. True: worth another try, even at the first start. False:
   * the channel has failed, which at the first start is a reason not to start. Undefined: as it is known of the reply.
   */
  readonly retryOnResponse?: (
    channel: string,
    reply: Readonly<Record<string, unknown>>,
  ) => boolean | undefined;
}

export interface SalesforceOptions extends Omit<SourceSettings, 'start'>, EventOptions {
  readonly auth: AuthProvider;
  /** Names no two of which differ by case only. More can be had with `subscribe` while the source runs. */
  readonly channels: readonly (string | ChannelOptions)[];
  /**
   * `pubsub` needs the packages `@grpc/grpc-js`, `@grpc/proto-loader` and `avsc`, and has no `/topic` and `/u` channels.
   * @default 'bayeux'
   */
  readonly transport?: 'bayeux' | 'pubsub';
  /** What only the transport `pubsub` takes. */
  readonly pubsub?: PubSubOptions;
  /**
   * Such as `66.0`, from `37.0`; `latest` asks the org.
   * @default '66.0'
   */
  readonly apiVersion?: string;
  /**
   * Name of the source, part of the key of its replay markers.
   * @default 'salesforce'
   */
  readonly name?: string;
  /**
   * Events received ahead of those being handled.
   * @default 100
   */
  readonly prefetch?: number;
  /**
   * Where to start a channel that has no replay marker. With `{ at }` all that Salesforce retains is read, which counts
   * against the org's daily allocation, and what is dated before is left out.
   * @default 'latest'
   */
  readonly start?: StartPosition;
  /**
   * What to do when Salesforce no longer has the marker's position: it retains 72 h of platform and change events and 24 h of others.
   * @default 'earliest'
   */
  readonly onInvalidPosition?: 'earliest' | 'latest' | 'fail';
  /**
   * Milliseconds without a successful connect after which the source fails with SALESFORCE_CONNECTION_LOST.
   * @default Infinity
   */
  readonly connectionTimeout?: number;
  readonly subscribeRetry?: SubscribeRetryOptions;
  /**
   * A channel that was started at its tip and has had no event has no position to go on from. `replay` goes on with all
   * that is retained, leaving out what is dated before the start. `latest` goes on at the tip, and may miss events.
   * @default 'replay'
   */
  readonly quietStart?: 'replay' | 'latest';
  /**
   * Only one consumer of the name reads at a time, others stand by; needs a store with `ownership`. Salesforce gives every
   * event to every subscriber, and counts each delivery.
   * @default true
   */
  readonly exclusive?: boolean;
  /**
   * Replaces the global `fetch`: for proxies and certificates of your own.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof fetch;
}

export interface SubscribeRetry {
  readonly delay: number;
  readonly factor: number;
  readonly maxDelay: number;
  readonly attempts: number;
  readonly retryOnError: (channel: string, error: Error) => boolean;
  readonly retryOnResponse: (
    channel: string,
    reply: Readonly<Record<string, unknown>>,
  ) => boolean | undefined;
}

/** Options checked, with the defaults filled in. */
export interface SalesforceSettings {
  readonly name: string;
  readonly auth: AuthProvider;
  readonly transport: 'bayeux' | 'pubsub';
  readonly pubsub: PubSubSettings;
  /** Such as `66.0`, or `latest`. */
  readonly apiVersion: string;
  /** Milliseconds. */
  readonly connectionTimeout: number;
  readonly subscribeRetry: SubscribeRetry;
  readonly quietStart: 'replay' | 'latest';
  readonly exclusive: boolean;
  readonly events: EventOptions;
  readonly fetch: typeof fetch;
}
