/** An event that a sender was told is ours. */
export interface KeptEvent {
  /** The same event again is not kept twice. */
  readonly id: string;
  /** When it is to be handled, in milliseconds since 1970. */
  readonly dueAt: number;
  readonly bytes: Uint8Array;
}

/**
 * Where events wait that were accepted before they are handled. A queue belongs to one consumer and source, and is
 * read by one process at a time.
 */
export interface AcceptStore {
  /** All of them or none, safe from a crash when it resolves. How many were not there before. */
  put(queue: string, events: readonly KeptEvent[]): Promise<number>;
  /** At most `limit` of those that are due at `now`, the longest due first. */
  due(queue: string, now: number, limit: number): Promise<readonly KeptEvent[]>;
  /** When the next one after `now` is due. */
  nextDue(queue: string, now: number): Promise<number | undefined>;
  postpone(queue: string, id: string, dueAt: number): Promise<void>;
  /** How many of them were there. */
  remove(queue: string, ids: readonly string[]): Promise<number>;
  count(queue: string): Promise<number>;
  close?(): void;
}
