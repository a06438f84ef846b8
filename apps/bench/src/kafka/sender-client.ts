import type { Measurement } from '../measure/stopwatch.ts';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';
import type { SenderName } from './senders.ts';
import type { WayName } from './ways.ts';

export interface ProduceOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly way: WayName;
  readonly messages: number;
}

/** What the process of a contender can be asked for. */
export interface SenderCalls {
  /** Answers what it took until the broker had confirmed all but the first order, with which it connects. */
  produce(options: ProduceOptions): Promise<Measurement>;
  /** Rejects when an order was not sent exactly once. */
  stop(): Promise<void>;
}

export function startSender(name: SenderName): Worker<SenderCalls> {
  return startWorker<SenderCalls>(new URL('sender-process.ts', import.meta.url), [name]);
}
