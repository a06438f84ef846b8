import type { Headers, Position } from '@millrace/core';

/** An event to publish. */
export interface OutgoingEvent {
  /** Its name, such as `OrderPlaced`. It travels as a header. */
  readonly type: string;
  /** The payload. It travels as JSON; bytes travel as they are; null and undefined become a tombstone. */
  readonly data: unknown;
  /**
   * Identifies the event, and travels as a header. Give the same one again when you publish the same event again.
   * @default a random UUID
   */
  readonly id?: string | undefined;
  /** Events with the same key go to the same partition, and keep their order there. */
  readonly key?: string | Uint8Array | null | undefined;
  /** Text, numbers and booleans travel as text, null as nothing, bytes as they are, a list as several headers of one name. */
  readonly headers?: Headers | undefined;
  /**
   * The record's timestamp, unless the topic is set to keep that of its arrival.
   * @default now
   */
  readonly time?: Date | undefined;
  /** @default the publisher's */
  readonly topic?: string | undefined;
  /** @default by the key, as Java clients do; without a key by turns */
  readonly partition?: number | undefined;
}

/** An event that the broker has taken. */
export interface Published {
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  /** Its place in the partition. Undefined with `acks: 'none'`, where nobody answers. */
  readonly offset: bigint | undefined;
  /** The same as a source tells it. */
  readonly position: Position | undefined;
}
