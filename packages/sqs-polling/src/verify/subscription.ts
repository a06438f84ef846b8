import type { SNSClient } from '@aws-sdk/client-sns';
import type { Check } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import type { DecodeSettings } from '../decode/options.ts';
import { ask, failed, passed } from './check.ts';
import type { SubscriptionFacts } from './subscription-facts.ts';
import { findSubscription, readSubscription } from './subscription-facts.ts';

/** Is the queue subscribed to the topic? Answers the subscription, if there is one to look at. */
export async function* checkSubscription(
  client: SNSClient,
  topic: ResourceArn,
  queue: ResourceArn,
  signal: AbortSignal,
): AsyncGenerator<Check, SubscriptionFacts | undefined> {
  const name = `subscription to ${topic.name}`;
  const search = await ask(
    {
      name,
      action: 'sns:ListSubscriptionsByTopic',
      resource: topic.text,
      ask: () => findSubscription(client, topic, queue, signal),
    },
    signal,
  );
  if ('failure' in search) {
    yield search.check;
    return undefined;
  }
  const { found, namesakes } = search.value;
  const arn = found?.SubscriptionArn;
  if (arn === undefined) {
    yield notSubscribed(name, topic, queue, namesakes);
    return undefined;
  }
  // In place of an ARN, SNS answers a word for one that is not confirmed.
  if (!arn.startsWith('arn:')) {
    yield pending(name, queue);
    return undefined;
  }
  const answer = await ask(
    {
      name,
      action: 'sns:GetSubscriptionAttributes',
      resource: arn,
      ask: () => readSubscription(client, arn, signal),
    },
    signal,
  );
  if ('failure' in answer) {
    yield answer.check;
    return undefined;
  }
  yield answer.value.pending ? pending(name, queue) : passed(name);
  return answer.value;
}

function notSubscribed(
  name: string,
  topic: ResourceArn,
  queue: ResourceArn,
  namesakes: readonly string[],
): Check {
  const others = namesakes.length === 0 ? '' : ` A queue of that name elsewhere is: ${namesakes.join(', ')}.`;
  return failed(
    name,
    'SQS_SUBSCRIPTION_MISSING',
    `The queue ${queue.text} is not subscribed to ${topic.text}.${others}`,
    'Subscribe it with protocol "sqs" and the ARN of the queue as endpoint.',
  );
}

function pending(name: string, queue: ResourceArn): Check {
  return failed(
    name,
    'SQS_SUBSCRIPTION_PENDING',
    `The subscription of ${queue.text} is not confirmed: nothing is delivered.`,
    'Confirm it with the token that SNS has sent to the queue, or subscribe again from the account that owns the queue.',
  );
}

/** Do messages come as the source expects them, in SNS's envelope or bare? */
export function checkEnvelope(
  { raw, hasDeadLetterQueue }: SubscriptionFacts,
  topic: ResourceArn,
  { envelope }: DecodeSettings,
): Check {
  const name = `raw message delivery from ${topic.name}`;
  if (envelope === 'raw' && !raw) {
    return failed(
      name,
      'SQS_RAW_DELIVERY',
      "Messages come in SNS's envelope, but the source is set to bare ones: no event would have its name.",
      'Set RawMessageDelivery of the subscription to "true", or leave out `envelope: \'raw\'`.',
    );
  }
  if (envelope === 'sns' && raw) {
    return failed(
      name,
      'SQS_RAW_DELIVERY',
      "Messages come bare, but the source is set to SNS's envelope: no event could be decoded.",
      'Set RawMessageDelivery of the subscription to "false", or leave out `envelope: \'sns\'`.',
    );
  }
  if (!raw) return passed(name);
  const unseen = hasDeadLetterQueue ? '' : ' Without a RedrivePolicy on the subscription nobody will see it.';
  return passed(name, `Under raw delivery SNS discards events with more than 10 attributes.${unseen}`);
}
