import { randomUUID } from 'node:crypto';
import type { SNSClient } from '@aws-sdk/client-sns';
import { CreateTopicCommand, PublishCommand, SubscribeCommand } from '@aws-sdk/client-sns';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import type { FilterCase } from './filter-cases.ts';

/** Publishes the case's message to a topic with a filtering subscription, and tells whether it reached the queue. */
export async function deliveredBy(
  sns: SNSClient,
  sqs: SQSClient,
  { policy, scope, attributes, body }: FilterCase,
) {
  const name = `filter-${randomUUID()}`;
  const { TopicArn } = await sns.send(new CreateTopicCommand({ Name: name }));
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: name }));
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  await sns.send(
    new SubscribeCommand({
      TopicArn,
      Protocol: 'sqs',
      Endpoint: Attributes?.['QueueArn'],
      Attributes: {
        FilterPolicyScope: scope ?? 'MessageAttributes',
        FilterPolicy: JSON.stringify(policy),
      },
    }),
  );
  await sns.send(
    new PublishCommand({ TopicArn, Message: messageOf(body), MessageAttributes: { ...attributes } }),
  );
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 0 }));
  return Messages?.length === 1;
}

export function messageOf(body: unknown): string {
  return body === undefined ? 'no JSON' : JSON.stringify(body);
}
