import { CreateTopicCommand, SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { filterPolicy } from '@millrace/sqs-polling';
import type { Channel } from '../events.ts';
import { schemas } from '../events.ts';
import { connection } from './connection.ts';

/** A topic and the queue that it delivers to. */
export interface Route {
  readonly topicArn: string;
  readonly queue: string;
  readonly queueUrl: string;
  readonly fifo: boolean;
}

export type Routes = Readonly<Record<Channel, Route>>;

/** What a deployment would do: two topics, two queues, a subscription and a queue policy for each pair. */
export async function deploy(endpoint: string): Promise<Routes> {
  const sns = new SNSClient(connection(endpoint));
  const sqs = new SQSClient(connection(endpoint));

  async function createQueue(name: string, fifo: boolean) {
    const kind = fifo ? { Attributes: { FifoQueue: 'true' } } : {};
    const { QueueUrl: queueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: name, ...kind }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['QueueArn'] }),
    );
    return { queueUrl, queueArn: Attributes?.['QueueArn'] ?? '' };
  }

  async function route(channel: Channel, { fifo }: { readonly fifo: boolean }): Promise<Route> {
    const ending = fifo ? '.fifo' : '';
    const queue = `bookkeeping-${channel}${ending}`;
    const { TopicArn: topicArn = '' } = await sns.send(
      new CreateTopicCommand({
        Name: `shop-${channel}${ending}`,
        ...(fifo ? { Attributes: { FifoTopic: 'true' } } : {}),
      }),
    );
    const { queueUrl, queueArn } = await createQueue(queue, fifo);
    const deadLetters = await createQueue(`bookkeeping-${channel}-crashing${ending}`, fifo);
    const queueAttributes = {
      Policy: queuePolicy(queueArn, topicArn),
      // For a message that takes its consumer down each time; what a handler fails on becomes a dead letter of Millrace.
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: deadLetters.queueArn, maxReceiveCount: 25 }),
    };
    await sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: queueAttributes }));
    const attributes = {
      // One queue gets bare messages and the other SNS's envelope: a source reads both.
      RawMessageDelivery: String(fifo),
      FilterPolicy: JSON.stringify(filterPolicy(Object.keys(schemas[channel]))),
    };
    await sns.send(
      new SubscribeCommand({
        TopicArn: topicArn,
        Protocol: 'sqs',
        Endpoint: queueArn,
        Attributes: attributes,
      }),
    );
    return { topicArn, queue, queueUrl, fifo };
  }

  try {
    return {
      orders: await route('orders', { fifo: true }),
      activity: await route('activity', { fifo: false }),
    };
  } finally {
    sns.destroy();
    sqs.destroy();
  }
}

/** Lets SNS write to the queue, for this topic only. */
function queuePolicy(queueArn: string, topicArn: string): string {
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Service: 'sns.amazonaws.com' },
        Action: 'sqs:SendMessage',
        Resource: queueArn,
        Condition: { ArnEquals: { 'aws:SourceArn': topicArn } },
      },
    ],
  });
}
