import type { SQSClient } from '@aws-sdk/client-sqs';
import { CreateQueueCommand, DeleteQueueCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';

import { createOrder, orderPlaced } from '../order.ts';

export interface FilledQueue {
  readonly url: string;
  delete(): Promise<void>;
}

const bodyLength = 300;
const batchSize = 10;
const sendersAtOnce = 4;

/** A queue of its own for each trial, with orders numbered from 0. */
export async function createFilledQueue(
  client: SQSClient,
  name: string,
  messages: number,
): Promise<FilledQueue> {
  const { QueueUrl: url = '' } = await client.send(new CreateQueueCommand({ QueueName: name }));
  let next = 0;

  async function send(): Promise<void> {
    while (next < messages) {
      const first = next;
      next = Math.min(messages, first + batchSize);
      const Entries = Array.from({ length: next - first }, (_, index) => entryOf(first + index));
      const { Failed = [] } = await client.send(new SendMessageBatchCommand({ QueueUrl: url, Entries }));
      if (Failed.length > 0) throw new Error(`${Failed.length} messages could not be sent.`);
    }
  }

  await Promise.all(Array.from({ length: sendersAtOnce }, send));
  return {
    url,
    async delete() {
      await client.send(new DeleteQueueCommand({ QueueUrl: url }));
    },
  };
}

function entryOf(number: number) {
  return {
    Id: String(number),
    MessageBody: bodyOf(number),
    MessageAttributes: { event: { DataType: 'String', StringValue: orderPlaced } },
  };
}

function bodyOf(number: number): string {
  const withoutNote = JSON.stringify({ ...createOrder(number), note: '' });
  return JSON.stringify({ ...createOrder(number), note: '.'.repeat(bodyLength - withoutNote.length) });
}

/** Finds the number without decoding the body, which is the contender's work. */
export function numberIn(body: string): number {
  return Number.parseInt(body.slice('{"number":'.length), 10);
}
