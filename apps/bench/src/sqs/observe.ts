import type {
  DeleteMessageBatchCommandInput,
  DeleteMessageBatchCommandOutput,
  ReceiveMessageCommandOutput,
  SQSClient,
} from '@aws-sdk/client-sqs';

import type { Tally } from '../measure/tally.ts';
import { numberIn } from './filled-queue.ts';

/** Watches what a contender's client sends, in the same way for all: when it first receives, and what it deletes. */
export function createObserver(tally: Tally, onFirstReceive: () => void): (client: SQSClient) => SQSClient {
  const numbers = new Map<string | undefined, number>();

  function received({ Messages = [] }: ReceiveMessageCommandOutput): void {
    for (const { ReceiptHandle, Body = '' } of Messages) numbers.set(ReceiptHandle, numberIn(Body));
  }

  function deleted(
    { Entries = [] }: DeleteMessageBatchCommandInput,
    output: DeleteMessageBatchCommandOutput,
  ): void {
    const successful = new Set(output.Successful?.map(({ Id }) => Id));
    for (const { Id, ReceiptHandle } of Entries) {
      const number = numbers.get(ReceiptHandle);
      if (number !== undefined && successful.has(Id)) tally.settled(number);
    }
  }

  return (client) => {
    client.middlewareStack.add(
      (next, { commandName }) =>
        async (call) => {
          if (commandName === 'ReceiveMessageCommand') onFirstReceive();
          const result = await next(call);
          const { output } = result as { readonly output: unknown };
          if (commandName === 'ReceiveMessageCommand') received(output as ReceiveMessageCommandOutput);
          if (commandName === 'DeleteMessageBatchCommand') {
            deleted(call.input as DeleteMessageBatchCommandInput, output as DeleteMessageBatchCommandOutput);
          }
          return result;
        },
      { step: 'initialize', name: 'observe' },
    );
    return client;
  };
}
