import type { PublishedMessage } from './message.ts';

/** A message that a subscriber did not take. */
export interface UndeliveredMessage {
  /** That of the delivery. */
  readonly id: string;
  readonly url: string;
  readonly recovery: string | undefined;
  readonly attempts: number;
  /** Why the last try failed, in words without secrets. */
  readonly failure: string;
  /** Milliseconds since 1970. */
  readonly diedAt: number;
  /** How often it was sent again and died again. */
  readonly redrives: number;
  readonly message: PublishedMessage;
}

export interface UndeliveredQuery {
  readonly url?: string;
  readonly topic?: Uint8Array;
  /** Died at or after, milliseconds since 1970. */
  readonly since?: number;
  /** Died before, milliseconds since 1970. */
  readonly before?: number;
}

export interface UndeliveredPage {
  readonly letters: readonly UndeliveredMessage[];
  /** Give it back as `cursor` for the next page; undefined on the last one. */
  readonly next: string | undefined;
}

/** Deliveries that were given up on. `DeliveryStore.bury` makes them. */
export interface UndeliveredMessages {
  /** By time of death, oldest first, then by id. A cursor of another kind is PUBSUB_OPTIONS. */
  list(
    query: UndeliveredQuery,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<UndeliveredPage>;
  get(id: string): Promise<UndeliveredMessage | undefined>;
  /** Makes them deliveries again, due after `delay` milliseconds, without attempts. Answers how many there were. */
  redrive(ids: readonly string[], delay: number): Promise<number>;
  /** Removes all that match and tells how many there were. */
  purge(query: UndeliveredQuery): Promise<number>;
}
