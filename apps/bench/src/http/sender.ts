import type { Secrets } from '@millrace/http-pubsub';
import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';

/** What the process can be asked for that sends what receivers receive. */
export interface SenderCalls {
  /** Starts a broadcaster to subscribe at. Answers its URL. */
  open(secrets: Secrets): Promise<string>;
  /** Makes requests to a receiver: each is signed, for its own time and with a nonce of its own. */
  prepare(url: string, messages: number): Promise<void>;
  /** Posts them. Rejects when one is not confirmed. */
  send(): Promise<void>;
  close(): Promise<void>;
}

export type Sender = Worker<SenderCalls>;

export function startSender(): Sender {
  return startWorker<SenderCalls>(new URL('sender-process.ts', import.meta.url));
}
