import type { KurrentDBClient } from '@kurrent/kurrentdb-client';

/** What a contender is given. */
export interface Work {
  readonly client: KurrentDBClient;
  readonly stream: string;
  /** Of the stream, where the server keeps how far a reader is. */
  readonly group: string;
  handled(number: number): void;
  /** Ends the trial with an error. */
  failed(cause: unknown): void;
}

export interface Reading {
  /** Unsubscribes. Answers the revision of the last event, as the reader would keep it; without one the server does. */
  stop(): Promise<bigint | undefined>;
}

/** Hands all events of a stream to an asynchronous handler. */
export type StartReading = (work: Work) => Promise<Reading>;

/** Of a group: events that the server sends ahead, and the most that are acknowledged together. */
export const bufferSize = 200;
export const ackTogether = 50;
