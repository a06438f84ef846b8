import type { SNSClient, Subscription } from '@aws-sdk/client-sns';
import { GetSubscriptionAttributesCommand, ListSubscriptionsByTopicCommand } from '@aws-sdk/client-sns';
import type { ResourceArn } from '../arn.ts';
import type { FilterPolicyScope } from '../filter-policy/policy.ts';

/** What matters of a subscription. */
export interface SubscriptionFacts {
  readonly arn: string;
  readonly pending: boolean;
  readonly raw: boolean;
  readonly filterPolicy: string | undefined;
  readonly scope: FilterPolicyScope;
  readonly hasDeadLetterQueue: boolean;
}

/** Looks for the queue's subscription by the queue's ARN, through all pages. */
export async function findSubscription(
  client: SNSClient,
  topic: ResourceArn,
  queue: ResourceArn,
  signal: AbortSignal,
): Promise<{ readonly found: Subscription | undefined; readonly namesakes: readonly string[] }> {
  const namesakes: string[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListSubscriptionsByTopicCommand({ TopicArn: topic.text, NextToken });
    const page = await client.send(command, { abortSignal: signal });
    for (const subscription of page.Subscriptions ?? []) {
      const { Protocol, Endpoint = '' } = subscription;
      if (Protocol === 'sqs' && Endpoint === queue.text) return { found: subscription, namesakes };
      if (Protocol === 'sqs' && Endpoint.endsWith(`:${queue.name}`)) namesakes.push(Endpoint);
    }
    NextToken = page.NextToken;
  } while (NextToken !== undefined && NextToken !== '');
  return { found: undefined, namesakes };
}

export async function readSubscription(
  client: SNSClient,
  arn: string,
  signal: AbortSignal,
): Promise<SubscriptionFacts> {
  const command = new GetSubscriptionAttributesCommand({ SubscriptionArn: arn });
  const { Attributes = {} } = await client.send(command, { abortSignal: signal });
  return {
    arn,
    pending: Attributes['PendingConfirmation'] === 'true',
    raw: Attributes['RawMessageDelivery'] === 'true',
    filterPolicy: Attributes['FilterPolicy'],
    scope: Attributes['FilterPolicyScope'] === 'MessageBody' ? 'MessageBody' : 'MessageAttributes',
    hasDeadLetterQueue: Attributes['RedrivePolicy'] !== undefined,
  };
}
