import type { Headers, Position } from '../message.ts';

export const deadLetterReasons = [
  'undecodable',
  'invalid',
  'mismatch',
  'unhandled',
  'rejected',
  'not-retryable',
  'exhausted',
] as const;

export type DeadLetterReason = (typeof deadLetterReasons)[number];

/** An event given up on, kept with what is needed to understand it, mend it and send it again. */
export interface DeadLetter {
  /** Same consumer, source, handler and message: same id, so that storing it twice leaves one. */
  readonly id: string;
  readonly consumer: string;
  readonly source: string;
  /** Name of the handler that gave up; undefined when none was reached. */
  readonly handler: string | undefined;
  readonly reason: DeadLetterReason;
  readonly error: {
    readonly name: string;
    readonly code: string | undefined;
    readonly message: string;
    readonly stack: string | undefined;
  };
  readonly attempts: number;
  /** Milliseconds since 1970. */
  readonly diedAt: number;
  /** How often it was sent again and died again. */
  readonly redrives: number;
  readonly message: DeadMessage;
}

export interface DeadMessage {
  readonly id: string;
  readonly type: string;
  readonly headers: Headers;
  readonly key: string | undefined;
  readonly channel: string | undefined;
  readonly position: Position | undefined;
  /** Milliseconds since 1970. */
  readonly time: number | undefined;
  /** Decoded payload; undefined when it could not be decoded. */
  readonly data: unknown;
  /** The payload as received. */
  readonly raw: string | Uint8Array;
}

export interface DeadLetterQuery {
  readonly consumer?: string;
  readonly source?: string;
  readonly handler?: string;
  readonly type?: string;
  readonly reason?: DeadLetterReason;
  /** Died at or after, milliseconds since 1970. */
  readonly since?: number;
  /** Died before, milliseconds since 1970. */
  readonly before?: number;
}

export interface DeadLetterPage {
  readonly letters: readonly DeadLetter[];
  /** Give it back as `cursor` for the next page; undefined on the last one. */
  readonly next: string | undefined;
}

export interface DeadLetterStore {
  /** Stores, or replaces the ones with the same ids. Resolves only when they are kept. */
  putMany(letters: readonly DeadLetter[]): Promise<void>;
  get(id: string): Promise<DeadLetter | undefined>;
  /** Oldest first. */
  list(
    query: DeadLetterQuery,
    page: { readonly limit: number; readonly cursor?: string | undefined },
  ): Promise<DeadLetterPage>;
  /** Removes and tells how many there were. */
  removeMany(ids: readonly string[]): Promise<number>;
  /** Removes all that match and tells how many there were. */
  purge(query: DeadLetterQuery): Promise<number>;
}
