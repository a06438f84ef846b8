import type { ReceiveMessageCommandInput, SQSClient } from '@aws-sdk/client-sqs';

import type { Contender } from '../measure/contender.ts';
import { createTally } from '../measure/tally.ts';
import { createClient } from './client.ts';
import { createFilledQueue } from './filled-queue.ts';
import { createObserver } from './observe.ts';

/** What a contender is given. */
export interface Work {
  readonly queueName: string;
  readonly queueUrl: string;
  /** A client of its own, closed afterwards. */
  connect(): SQSClient;
  handled(number: number): void;
  /** Ends the trial with an error. */
  failed(cause: unknown): void;
}

export type StartConsuming = (work: Work) => Promise<{ stop(): Promise<void> }>;

/** Each contender has so many receives under way. */
export const loops = 4;

/** What every contender asks for with a receive; a consumer that routes by an attribute needs it. */
export const receiveInput = {
  MaxNumberOfMessages: 10,
  WaitTimeSeconds: 20,
  VisibilityTimeout: 30,
  MessageSystemAttributeNames: ['All'],
  MessageAttributeNames: ['All'],
} satisfies Partial<ReceiveMessageCommandInput>;

/** Consumes a filled queue: measured from the first receive until the last delete is answered. */
export function sqsContender(endpoint: string, name: string, start: StartConsuming): Contender {
  let trials = 0;
  return {
    name,
    async prepare(messages) {
      trials += 1;
      const administration = createClient(endpoint);
      const queueName = `${name.replaceAll(/\W/g, '-')}-${trials}`;
      const queue = await createFilledQueue(administration, queueName, messages);
      const tally = createTally(messages);
      const clients: SQSClient[] = [];
      let consuming: { stop(): Promise<void> } | undefined;
      return {
        async run(stopwatch) {
          const observe = createObserver(tally, stopwatch.start);
          const connect = () => {
            const client = observe(createClient(endpoint));
            clients.push(client);
            return client;
          };
          const { handled, fail } = tally;
          consuming = await start({ queueName, queueUrl: queue.url, connect, handled, failed: fail });
          await tally.complete;
          stopwatch.stop();
        },
        async finish() {
          await consuming?.stop();
          tally.check();
          await queue.delete();
          for (const client of [...clients, administration]) client.destroy();
        },
      };
    },
    async close() {},
  };
}
