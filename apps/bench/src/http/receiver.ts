import type { Secrets } from '@millrace/http-pubsub';

/** What a contender is given. */
export interface Work {
  readonly secrets: Secrets;
  /** Where it subscribes, if it has to. */
  readonly broadcaster: string;
  handled(number: number): void;
}

export interface Receiving {
  /** Where messages are to be posted to. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Takes messages in, each proven, handed to an asynchronous handler, and confirmed. */
export type StartReceiving = (work: Work) => Promise<Receiving>;
