import type { Stopwatch } from './stopwatch.ts';

/** One way of doing the work. */
export interface Contender {
  readonly name: string;
  /** Everything that is not measured: connecting, filling a queue. */
  prepare(messages: number): Promise<Trial>;
  close(): Promise<void>;
}

export interface Trial {
  /** Starts the stopwatch with the first message and stops it when the last one is settled. */
  run(stopwatch: Stopwatch): Promise<void>;
  /** Not measured: throws when a message was not handled and settled exactly once. */
  finish(): Promise<void>;
}
