import type { Wanted } from '../../wire/stateless/requests.ts';
import type { SubscriptionSet } from '../../wire/subscriptions.ts';

/** What a URL wants to hear of. */
export interface Subscription {
  /** Where messages are posted; it identifies the subscriber. */
  readonly url: string;
  readonly wanted: Wanted;
  /** Where it is told that it missed something. */
  readonly recovery: string | undefined;
}

/** A URL that wants to hear of a topic. */
export interface Subscriber {
  readonly url: string;
  /** Its subscriptions that say so: at most one to the topic itself, which comes first, then those by globs. At least one. */
  readonly subscriptions: readonly Subscription[];
  /** Milliseconds since 1970 of the first failure after its last success. */
  readonly failingSince: number | undefined;
  /** Requests a minute that it allows; undefined: as many as there are. */
  readonly allowedRate: number | undefined;
}

/** What a URL answered when it was asked whether it may be called. */
export interface Permission {
  /** Who may call. */
  readonly origin: string;
  /** Requests a minute, from 1; undefined: as many as there are. */
  readonly rate: number | undefined;
}

export interface DisabledSubscriber {
  readonly url: string;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/**
 * Who wants to hear of what. Every call is atomic. Rejects (best with STORE_UNAVAILABLE) when it can't tell; never guesses.
 *
 * A disabled URL keeps its subscriptions, and all looks as if it had none: `list` is empty and `match` leaves it out, so
 * that a subscriber that compares etags notices. As soon as it subscribes to anything it is enabled, with all that it has.
 */
export interface SubscriptionStore {
  /**
   * `there`: it had this already; the recovery URL stays as it is. `full`: there are as many as the store takes. What a
   * disabled URL had is `added`. Unless it is full, the permission is kept instead of what the URL allowed before.
   */
  subscribe(subscription: Subscription, permission?: Permission): Promise<'added' | 'there' | 'full'>;
  unsubscribe(url: string, wanted: Wanted): Promise<'removed' | 'absent'>;
  /** Everything that the URL has subscribed to, in any order. */
  list(url: string): Promise<SubscriptionSet>;
  /**
   * From then on the URL has these and no others. What it had before and keeps is in force all the time, with the recovery
   * URL of the new set: `list` is the new set afterwards, and its etag that of the request. `full`: nothing has changed. The
   * permission is kept as with `subscribe`.
   */
  replace(url: string, set: SubscriptionSet, permission?: Permission): Promise<'replaced' | 'full'>;
  /** What the URL allowed. It is forgotten with the last subscription of the URL. */
  permission(url: string): Promise<Permission | undefined>;
  /**
   * Milliseconds until the URL may be called again if it is to be called evenly, as often as it allows and no more, by all
   * who share the store. 0: now, and this is counted as a call.
   */
  turn(url: string): Promise<number>;
  /** Who is to be told of a topic; with `url`: whether that one is. Globs are matched in the dialect of the store. */
  match(topic: Uint8Array, only?: { readonly url: string }): Promise<readonly Subscriber[]>;
  /** Nothing happens to a URL without subscriptions. */
  disable(subscriber: DisabledSubscriber): Promise<void>;
  /** False: it was not disabled. */
  enable(url: string): Promise<boolean>;
  disabled(): Promise<readonly DisabledSubscriber[]>;
  /** Remembers when a URL began to fail, if it was well so far. Answers since when it is failing. */
  failing(url: string, at: number): Promise<number>;
  /** Forgets that it was failing. */
  recovered(url: string): Promise<void>;
  count(): Promise<{ readonly exact: number; readonly globs: number }>;
}
