import type { Secrets } from '@millrace/http-pubsub';
import type { Measurement } from '../measure/stopwatch.ts';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';
import type { ReceiverName } from './receivers.ts';

export interface StartOptions {
  readonly secrets: Secrets;
  readonly broadcaster: string;
  /** That will come, numbered from 0. */
  readonly messages: number;
}

/** What the process of a contender can be asked for. */
export interface ReceiverCalls {
  /** Answers where messages are to be posted to. */
  start(options: StartOptions): Promise<string>;
  /** Answers what it took from now until the last message was handled. */
  receive(): Promise<Measurement>;
  /** Rejects when a message was not handled exactly once. */
  stop(): Promise<void>;
}

export type Receiver = Pick<Worker<ReceiverCalls>, 'ask' | 'close'>;

export function startReceiver(name: ReceiverName): Receiver {
  return startWorker<ReceiverCalls>(new URL('receiver-process.ts', import.meta.url), [name]);
}
