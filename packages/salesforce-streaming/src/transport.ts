import type { Demand, SourceContext } from '@millrace/core';
import type { AuthSession } from './auth/provider.ts';
import type { SalesforceSettings } from './options.ts';
import type { Subscription, Subscriptions } from './subscriptions.ts';

/** Where reading a channel begins. */
export type ChannelStart =
  | { readonly from: 'latest' }
  /** All that is retained. */
  | { readonly from: 'earliest' }
  | { readonly from: 'after'; readonly cursor: string };

/** `data` of an event as Salesforce's JSON has it; which parts there are depends on the kind of channel. */
export interface EventData {
  readonly schema?: string;
  readonly event?: Readonly<Record<string, unknown>>;
  /** Fields of platform and change events; a text in generic events. */
  readonly payload?: unknown;
  /** The record of a PushTopic event. */
  readonly sobject?: Readonly<Record<string, unknown>>;
}

/** One event as a transport received it. */
export interface Arrival {
  /** The subscription it came by, without a filter: `/event/Order__e`. */
  readonly channel: string;
  /** Its place in the channel: the digits of the replay id, or the bytes of it in base64url. Opaque to everybody else. */
  readonly cursor: string;
  readonly data: EventData;
  /** Set when the transport could not decode the event; `data` is then what there is of it. */
  readonly failure?: Error;
  /** The transport's own message. */
  readonly native: unknown;
}

/** The server has passed a place in the channel at which there was nothing for us. */
export interface Passed {
  readonly channel: string;
  readonly cursor: string;
}

/** What a transport may use, and must tell. */
export interface TransportHost {
  readonly settings: SalesforceSettings;
  readonly auth: AuthSession;
  /** The channels that are wanted, which change while it runs. */
  readonly subscriptions: Subscriptions;
  readonly context: SourceContext;
  /** Name of the source. */
  readonly name: string;
  /** Of the token that the session began with: positions belong to it, so no other org may follow. */
  readonly orgId: string;
  /**
   * Nothing has worked so far: a channel that is missing or denied, like any trouble, is a reason to reject. Later
   * trouble passes, and such a channel is reported and tried again while the others go on.
   */
  readonly firstOpen: boolean;
  /** Where to begin with a channel for which this session has seen no cursor yet. To be asked before each subscribe without one. */
  start(subscription: Subscription): Promise<ChannelStart>;
  /** To be called after a successful subscribe `from: 'latest'`, with the server's time then, in milliseconds. */
  subscribedAtTip(subscription: Subscription, serverTime: number): void;
  /**
   * The server no longer has the place after which we wanted to go on. Answers where to begin instead, and makes the
   * gap known; rejects with SALESFORCE_POSITION_INVALID when the policy is `fail`.
   */
  fallBack(subscription: Subscription, cause: Error): Promise<ChannelStart>;
}

export type ChannelState = 'subscribing' | 'subscribed' | 'paused' | 'suspended' | 'failed';

/** For the health report: no secrets. */
export interface TransportDetails {
  /** Of the state machine, such as `polling` or `backing-off`. */
  readonly state: string;
  /** Events that were received and for which core has no room yet. */
  readonly waiting: number;
  readonly channels: Readonly<
    Record<
      string,
      { readonly state: ChannelState; /** Why it is suspended or failed. */ readonly reason?: string }
    >
  >;
}

export interface TransportSession {
  /**
   * Yields events in the order of their channel, never more than was reserved. Ends soon after the context's signal
   * aborts. Reconnects, renews the token and subscribes again by itself; throws when that is of no use.
   */
  receive(demand: Demand): AsyncIterable<readonly Arrival[] | Passed>;
  details(): TransportDetails;
  /** Where Salesforce itself keeps the position of a channel: keeps it. Also works after `receive` has ended. */
  commit?(channel: string, cursor: string): Promise<void>;
  /** Lets go of connections. Works while `receive` is blocked, and twice. */
  close(): Promise<void>;
}

/** Connects and subscribes to all channels. Rejects when the org, the credentials or a channel can not be used. */
export type OpenTransport = (host: TransportHost) => Promise<TransportSession>;
