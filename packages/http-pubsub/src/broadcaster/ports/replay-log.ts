import type { PublishedMessage } from './message.ts';

export interface LogBounds {
  /** Messages of a topic. */
  readonly messages: number;
  /** Bytes of the bodies of a topic. */
  readonly bytes: number;
  /** Milliseconds that a message is kept. */
  readonly age: number;
  /** Topics that have a log. A new one takes the place of that which was written to longest ago. */
  readonly topics: number;
}

export interface LoggedMessage {
  /** From 1, without gaps in a topic. */
  readonly sequence: number;
  readonly message: PublishedMessage;
}

/** A message before it has its place in the log, which it tells in its tracing. */
export interface UnnumberedMessage extends Omit<PublishedMessage, 'tracing'> {
  readonly tracing: (sequence: number) => Uint8Array;
}

/** The last messages of each topic. */
export interface ReplayLog {
  /**
   * Keeps a message as the newest of its topic, drops what is beyond the bounds (the newest stays, unless it alone is
   * beyond them), and answers it with its sequence. The sequence goes on also when all before was dropped.
   */
  append(message: UnnumberedMessage, bounds: LogBounds): Promise<LoggedMessage>;
  /** Oldest first: sequences after `after`, published at or after `since` (milliseconds since 1970), not beyond their age. */
  read(
    topic: Uint8Array,
    range: {
      readonly after?: number;
      readonly since?: number;
      readonly limit: number;
      /** Milliseconds, as in the bounds. */
      readonly age: number;
    },
  ): Promise<readonly LoggedMessage[]>;
}
