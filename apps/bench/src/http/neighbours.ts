import type { Secrets } from '@millrace/http-pubsub';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';

/** What the process can be asked for that both publishes and subscribes. */
export interface NeighboursCalls {
  open(secrets: Secrets): Promise<void>;
  /** So many subscribers of a broadcaster, each at a URL of its own. */
  subscribe(broadcaster: string, subscribers: number): Promise<void>;
  /** Publishes messages, numbered from 0, some at a time. Rejects when one does not reach all subscribers. */
  publish(messages: number): Promise<void>;
  /** Rejects when a subscriber did not get each message once. */
  check(): void;
  close(): Promise<void>;
}

export type Neighbours = Worker<NeighboursCalls>;

export function startNeighbours(): Neighbours {
  return startWorker<NeighboursCalls>(new URL('neighbours-process.ts', import.meta.url));
}
