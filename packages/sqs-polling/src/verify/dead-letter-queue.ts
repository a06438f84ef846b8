import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Check } from '@millrace/core';
import { parseQueueArn } from '../arn.ts';
import { isObject, readJson } from '../json.ts';
import { ask, failed, passed, warned } from './check.ts';
import type { QueueAttributes } from './queue-facts.ts';
import { urlOf } from './queue-facts.ts';

/**
 * Does SQS park what can't be handled? Millrace stores dead letters itself, so this is the net below the net: for a
 * message that brings down each process that takes it.
 */
export async function* checkDeadLetterQueue(
  client: SQSClient,
  { RedrivePolicy }: QueueAttributes,
  attempts: number,
  signal: AbortSignal,
): AsyncGenerator<Check> {
  const name = 'dead-letter queue';
  const policy = readJson(RedrivePolicy ?? '');
  const target = isObject(policy) ? policy['deadLetterTargetArn'] : undefined;
  if (!isObject(policy) || typeof target !== 'string') {
    yield warned(
      name,
      'SQS_DEAD_LETTER_QUEUE',
      'The queue has no dead-letter queue: a message that crashes its consumers comes again until its retention is over, then it is lost.',
      'Set its RedrivePolicy to a dead-letter queue, with a maxReceiveCount above the attempts of the handlers.',
    );
    return;
  }
  const { name: targetName, account } = parseQueueArn(target);
  const answer = await ask(
    {
      name,
      action: 'sqs:GetQueueUrl',
      resource: targetName,
      ask: () => urlOf(client, targetName, account, signal),
    },
    signal,
  );
  if ('value' in answer) yield passed(name);
  else if (answer.failure.code !== 'SQS_QUEUE_MISSING') yield answer.check;
  else {
    yield failed(
      name,
      'SQS_DEAD_LETTER_QUEUE',
      `The dead-letter queue ${target} does not exist.`,
      'Create it, or set the RedrivePolicy to one that exists.',
    );
  }
  yield checkReceiveLimit(Number(policy['maxReceiveCount']), attempts);
}

function checkReceiveLimit(maxReceiveCount: number, attempts: number): Check {
  const name = 'receive limit';
  if (!(maxReceiveCount < attempts)) return passed(name);
  return warned(
    name,
    'SQS_RECEIVE_LIMIT',
    `SQS moves a message to the dead-letter queue after ${maxReceiveCount} receives, before its handlers have had their ${attempts} attempts: it is parked there without its cause.`,
    `Raise maxReceiveCount to ${attempts} or more (receives that run no handler count too, so leave room), or lower the attempts.`,
  );
}
