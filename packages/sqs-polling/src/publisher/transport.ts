import type { Attempted } from '../aws-errors.ts';
import type { OutgoingEvent } from './event.ts';
import type { Encoding, Prepared } from './prepare.ts';

/** What is particular to a topic or a queue. */
export interface Transport<Event extends OutgoingEvent, Message extends Prepared> {
  /** What a call does, for the words of errors. */
  readonly attempted: Attempted;
  readonly fifo: boolean;
  /** Bytes. */
  readonly maxMessageSize: number;
  /** Bytes that the messages of a call may have together. */
  readonly maxBatchSize: number;
  readonly prepare: (event: Event, encoding: Encoding) => Message;
  readonly send: (
    entries: readonly Entry<Message>[],
    signal: AbortSignal | undefined,
  ) => Promise<BatchAnswer>;
  /** Rejects unless the topic or queue is there. */
  readonly verify: (signal: AbortSignal | undefined) => Promise<void>;
  /** Lets go of the connections. */
  readonly close: () => void;
}

/** A message with its name within a call. */
export interface Entry<Message extends Prepared> {
  readonly Id: string;
  readonly message: Message;
}

/** What SNS and SQS answer to a batch. HTTP 200 says nothing: each entry may have failed. */
export interface BatchAnswer {
  readonly Successful?: readonly SentEntry[] | undefined;
  readonly Failed?: readonly FailedEntry[] | undefined;
}

interface SentEntry {
  readonly Id?: string | undefined;
  readonly MessageId?: string | undefined;
  readonly SequenceNumber?: string | undefined;
}

interface FailedEntry {
  readonly Id: string | undefined;
  readonly Code: string | undefined;
  readonly Message?: string | undefined;
  /** True: the same message would be refused again. */
  readonly SenderFault: boolean | undefined;
}
