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

export interface Receiver extends ReceiverCalls {
  close(): Promise<void>;
}

export function startReceiver(name: ReceiverName): Receiver {
  const worker: Worker<ReceiverCalls> = startWorker(new URL('receiver-process.ts', import.meta.url), [name]);
  return {
    start: (options) => worker.ask('start', options),
    receive: () => worker.ask('receive'),
    stop: () => worker.ask('stop'),
    close: () => worker.close(),
  };
}
