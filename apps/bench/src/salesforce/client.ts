import type { Measurement } from '../measure/stopwatch.ts';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';
import type { OrgAddress } from './org.ts';
import type { ReaderName } from './readers.ts';

export interface ReadOptions {
  readonly org: OrgAddress;
  readonly channel: string;
  /** The events that are there, numbered from 0. */
  readonly messages: number;
  /** Whether one more will be published, with the next number. */
  readonly oneMore: boolean;
}

/** What the process of a contender can be asked for. */
export interface ClientCalls {
  /** Reads a channel from its beginning. Answers what it took from the handshake until the last event was handled. */
  read(options: ReadOptions): Promise<Measurement>;
  /** Waits until one more is handled. */
  next(): Promise<{
    /** By `monotonic`, when it was handled. */
    readonly at: number;
    /** CPU time in microseconds since the event before. */
    readonly cpu: number;
  }>;
  /**
   * Stops reading, and answers the replay id after which it would go on. Rejects when an event was not handled exactly
   * once.
   */
  stop(): Promise<string>;
}

export type Client = Worker<ClientCalls>;

export function startClient(name: ReaderName): Client {
  return startWorker<ClientCalls>(new URL('client-process.ts', import.meta.url), [name]);
}
