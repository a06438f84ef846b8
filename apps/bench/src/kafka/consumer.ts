import type { Kafka } from 'kafkajs';

/** What a contender is given. */
export interface Work {
  readonly kafka: Kafka;
  readonly brokers: readonly string[];
  readonly topic: string;
  /** New, so that the topic is read from its beginning. */
  readonly group: string;
  handled(number: number): void;
  /** Ends the trial with an error. */
  failed(cause: unknown): void;
}

export interface Consuming {
  /** Leaves the group, with all that was handled committed. */
  stop(): Promise<void>;
}

/** Hands all records of a topic, decoded, to an asynchronous handler for their event's name. */
export type StartConsuming = (work: Work) => Promise<Consuming>;
