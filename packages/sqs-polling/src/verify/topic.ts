import type { SNSClient } from '@aws-sdk/client-sns';
import { GetTopicAttributesCommand } from '@aws-sdk/client-sns';
import type { Check } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import { ask, failed, passed, warned } from './check.ts';
import { judgeQueuePolicy } from './policy/queue-policy.ts';
import type { QueueFacts } from './queue-facts.ts';

/** Does the topic exist? */
export async function checkTopic(client: SNSClient, topic: ResourceArn, signal: AbortSignal): Promise<Check> {
  const name = `topic ${topic.name}`;
  const answer = await ask(
    {
      name,
      action: 'sns:GetTopicAttributes',
      resource: topic.text,
      ask: () =>
        client.send(new GetTopicAttributesCommand({ TopicArn: topic.text }), { abortSignal: signal }),
    },
    signal,
  );
  return 'value' in answer ? passed(name) : answer.check;
}

/** Can a topic of this kind deliver to a queue of that kind? */
export function checkKinds(topic: ResourceArn, queue: ResourceArn): Check {
  const name = `kind of ${topic.name}`;
  if (topic.partition !== queue.partition) {
    return failed(
      name,
      'SQS_REGION_MISMATCH',
      `The topic is in ${topic.region} and the queue in ${queue.region}, which are in different partitions of AWS: nothing can be delivered.`,
      'Use a topic and a queue of the same partition.',
    );
  }
  if (topic.fifo === queue.fifo) return passed(name);
  if (queue.fifo) {
    return failed(
      name,
      'SQS_FIFO_MISMATCH',
      'The queue is FIFO and the topic is not: SNS does not deliver from one to the other.',
      'Use a FIFO topic, or a standard queue.',
    );
  }
  return warned(
    name,
    'SQS_FIFO_MISMATCH',
    'The topic is FIFO and the queue is not: events come out of order, and more than once.',
    'Use a FIFO queue if order matters.',
  );
}

/** Does the queue's policy let SNS send the topic's events? */
export function checkQueuePolicy({ attributes }: QueueFacts, queue: ResourceArn, topic: ResourceArn): Check {
  const name = `queue policy for ${topic.name}`;
  const { outcome, reason } = judgeQueuePolicy(attributes?.['Policy'], queue, topic);
  if (outcome === 'allowed') return passed(name);
  if (outcome === 'undecided') {
    return warned(
      name,
      'SQS_QUEUE_POLICY',
      `Whether SNS may send the topic's events to the queue can't be told: ${reason}.`,
      'See that events arrive, or make the policy simpler.',
    );
  }
  return failed(
    name,
    'SQS_QUEUE_POLICY',
    `SNS may not send the topic's events to the queue: ${reason}.`,
    `SNS does not try again what a policy denies. Add to the queue's policy: ${JSON.stringify(statementFor(queue, topic))}`,
  );
}

function statementFor(queue: ResourceArn, topic: ResourceArn): object {
  return {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: queue.text,
    Condition: { ArnEquals: { 'aws:SourceArn': topic.text } },
  };
}
