import type { Measurement } from '../measure/stopwatch.ts';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';
import type { ConsumerName } from './consumers.ts';

export interface ConsumeOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  /** The records in the topic, numbered from 0. */
  readonly messages: number;
}

/** What the process of a contender can be asked for. */
export interface ConsumerCalls {
  /** Answers what it took from the first fetch that was answered until the last record was handled. */
  consume(options: ConsumeOptions): Promise<Measurement>;
  /** Leaves the group. Rejects when a record was not handled exactly once. */
  stop(): Promise<void>;
}

export type ConsumerClient = Worker<ConsumerCalls>;

export function startConsumer(name: ConsumerName): ConsumerClient {
  return startWorker<ConsumerCalls>(new URL('consumer-process.ts', import.meta.url), [name]);
}
