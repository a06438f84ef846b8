import type { Message } from '@aws-sdk/client-sqs';
import { DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';

import type { Order } from '../order.ts';
import type { StartConsuming } from './contender.ts';
import { loops, receiveInput } from './contender.ts';

/** Loops over the SDK: receive ten, handle them at the same time, delete them in one call. */
export const sdkLoop: StartConsuming = async ({ queueUrl: QueueUrl, connect, handled, failed }) => {
  const client = connect();
  const stopping = new AbortController();
  const { signal: abortSignal } = stopping;
  const handle = async ({ Body = '' }: Message) => handled((JSON.parse(Body) as Order).number);

  async function loop(): Promise<void> {
    for (;;) {
      const command = new ReceiveMessageCommand({ QueueUrl, ...receiveInput });
      const { Messages = [] } = await client.send(command, { abortSignal });
      if (Messages.length === 0) continue;
      await Promise.all(Messages.map(handle));
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  }

  const looping = Promise.all(Array.from({ length: loops }, loop)).catch((error: unknown) => {
    if (!abortSignal.aborted) failed(error);
  });
  return {
    async stop() {
      stopping.abort();
      await looping;
    },
  };
};
