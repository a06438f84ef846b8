import type { SQSClient } from '@aws-sdk/client-sqs';
import { GetQueueAttributesCommand, GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import type { Check } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import { parseQueueArn, partitionOf } from '../arn.ts';
import type { QueueReference } from '../queue.ts';
import type { Answer } from './check.ts';
import { ask, passed } from './check.ts';

export type QueueAttributes = Readonly<Partial<Record<string, string>>>;

/** What AWS tells of the queue. */
export interface QueueFacts {
  /** Undefined when it can't be told without the attributes. */
  readonly arn: ResourceArn | undefined;
  /** Undefined when this process may not read them. */
  readonly attributes: QueueAttributes | undefined;
}

/** Does the queue exist? Answers what is known of it; undefined when nothing more can be checked. */
export async function* checkQueue(
  client: SQSClient,
  queue: QueueReference,
  region: string,
  signal: AbortSignal,
): AsyncGenerator<Check, QueueFacts | undefined> {
  const name = `queue ${queue.name}`;
  const found = await findQueue(client, queue, name, signal);
  if ('failure' in found) {
    yield found.check;
    return found.failure.code === 'SQS_QUEUE_MISSING'
      ? undefined
      : { arn: guessArn(queue, region), attributes: undefined };
  }
  const answer = await ask(
    {
      name,
      action: 'sqs:GetQueueAttributes',
      resource: queue.name,
      ask: () =>
        client.send(new GetQueueAttributesCommand({ QueueUrl: found.value, AttributeNames: ['All'] }), {
          abortSignal: signal,
        }),
    },
    signal,
  );
  if ('failure' in answer) {
    yield answer.check;
    return answer.failure.code === 'SQS_QUEUE_MISSING'
      ? undefined
      : { arn: guessArn(queue, region), attributes: undefined };
  }
  yield passed(name);
  const attributes: QueueAttributes = answer.value.Attributes ?? {};
  const arn = attributes['QueueArn'];
  return { arn: arn === undefined ? guessArn(queue, region) : parseQueueArn(arn), attributes };
}

async function findQueue(
  client: SQSClient,
  queue: QueueReference,
  name: string,
  signal: AbortSignal,
): Promise<Answer<string>> {
  if (queue.url !== undefined) return { value: queue.url };
  return ask(
    {
      name,
      action: 'sqs:GetQueueUrl',
      resource: queue.name,
      ask: async () => (await urlOf(client, queue.name, queue.account, signal)) ?? '',
    },
    signal,
  );
}

export async function urlOf(
  client: SQSClient,
  name: string,
  account: string | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  const command = new GetQueueUrlCommand({
    QueueName: name,
    ...(account === undefined ? {} : { QueueOwnerAWSAccountId: account }),
  });
  return (await client.send(command, { abortSignal: signal })).QueueUrl;
}

function guessArn({ name, account }: QueueReference, region: string): ResourceArn | undefined {
  if (account === undefined) return undefined;
  return parseQueueArn(`arn:${partitionOf(region)}:sqs:${region}:${account}:${name}`);
}
