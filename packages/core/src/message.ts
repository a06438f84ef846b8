import type { MillraceError } from './errors.ts';

export type HeaderValue = string | number | boolean | Uint8Array | readonly HeaderValue[] | null;

/** Broker headers with their types kept. The object has no prototype, so a header may carry any name. */
export type Headers = Readonly<Record<string, HeaderValue>>;

declare const positionBrand: unique symbol;

/**
 * Where a message stands in a replayable source: text made by the adapter and opaque to everybody else.
 * Positions do not compare as text.
 */
export type Position = string & { readonly [positionBrand]: true };

/** For adapters: brands the text of a position. */
export function toPosition(text: string): Position {
  return text as Position;
}

/** One event as a handler sees it. */
export interface Message<T = unknown> {
  /** Identifies the event through redeliveries; the default idempotency key. */
  readonly id: string;
  /** The event's name, such as `OrderPlaced.shop`. */
  readonly type: string;
  /** The decoded payload; what the handler's schema returned, when it has one. */
  readonly data: T;
  readonly headers: Headers;
  /** Name of the source it came from. */
  readonly source: string;
  /** What the broker orders by: FIFO group, partition key, stream name. */
  readonly key: string | undefined;
  /** The part of the source that has positions of its own: partition, channel, stream. */
  readonly channel: string | undefined;
  readonly position: Position | undefined;
  /** The broker's own count of deliveries, this one included. Includes deliveries that no handler saw. */
  readonly deliveryCount: number | undefined;
  /** When the event was published, as far as the broker tells. */
  readonly time: Date | undefined;
  /** The broker client's own message, as the adapter received it. */
  readonly native: unknown;
}

/**
 * One event as an adapter hands it over. The adapter decodes; when it can't, it sets `failure`, keeps what it has
 * (an id always) and leaves the rest to core: a message with a `failure` is dead-lettered at once.
 */
export interface Incoming {
  readonly id: string;
  /** Empty when the event has no name; then only a default handler takes it. */
  readonly type: string;
  readonly data: unknown;
  readonly headers: Headers;
  /** The payload as received; dead letters keep it. */
  readonly raw: string | Uint8Array;
  readonly failure?: MillraceError | undefined;
  readonly key?: string | undefined;
  readonly channel?: string | undefined;
  readonly position?: Position | undefined;
  readonly deliveryCount?: number | undefined;
  readonly time?: Date | undefined;
  /** The broker hands out once more what it was told to be dead. Handlers that gave up on it run again, others do not. */
  readonly replayed?: boolean | undefined;
  readonly native?: unknown;
}
