import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';

/** What the process of a test server can be asked for. */
export interface ServerCalls {
  connectionString(): string;
  /** Answers a stream with so many events, numbered from 0, which is made when there is none yet. */
  streamOf(events: number): string;
}

export type Server = Worker<ServerCalls>;

export function startServer(): Server {
  return startWorker<ServerCalls>(new URL('server-process.ts', import.meta.url));
}
