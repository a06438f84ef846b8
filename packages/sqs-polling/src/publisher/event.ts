import type { Headers } from '@millrace/core';

/** An event to publish. */
export interface OutgoingEvent {
  /** Its name, such as `OrderPlaced.shop`. */
  readonly type: string;
  /** The payload. It travels as JSON. */
  readonly data: unknown;
  /**
   * Identifies the event: who consumes it recognises by it what SNS or SQS delivers twice. Give the same one again
   * when you publish the same event again.
   * @default a random UUID
   */
  readonly id?: string | undefined;
  /**
   * Text and booleans travel as `String`, numbers as `Number`, bytes as `Binary`, lists of text, numbers, booleans and
   * null as `String.Array`. With the event's name, id and version there may be 10.
   */
  readonly headers?: Headers | undefined;
  /**
   * FIFO: the message group, events with the same key keep their order. On a standard topic or queue it is the tenant
   * of fair queues, and promises no order.
   */
  readonly key?: string | undefined;
  /**
   * FIFO: an event with the same one is dropped within 5 minutes.
   * @default the id
   */
  readonly deduplicationId?: string | undefined;
}

export interface SnsEvent extends OutgoingEvent {
  /** What mail subscriptions show; up to 100 characters of ASCII. */
  readonly subject?: string | undefined;
}

export interface SqsEvent extends OutgoingEvent {
  /** Milliseconds until it can be received, up to 900_000. Rounded up to seconds. FIFO queues have no such delay. */
  readonly delay?: number | undefined;
}
