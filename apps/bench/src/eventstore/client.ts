import type { Measurement } from '../measure/stopwatch.ts';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';
import type { ReaderName } from './readers.ts';

export interface ReadOptions {
  readonly connectionString: string;
  readonly stream: string;
  /** The events in the stream, numbered from 0. */
  readonly messages: number;
}

/** What the process of a contender can be asked for. */
export interface ClientCalls {
  /** Reads a stream from its beginning. Answers what it took from the subscribe until the last event was settled. */
  read(options: ReadOptions): Promise<Measurement>;
  /** Stops reading. Rejects when an event was not handled and settled exactly once, in the eyes of the server too. */
  stop(): Promise<void>;
}

export type Client = Worker<ClientCalls>;

export function startClient(name: ReaderName): Client {
  return startWorker<ClientCalls>(new URL('client-process.ts', import.meta.url), [name]);
}
