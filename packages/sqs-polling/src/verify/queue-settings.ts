import type { Check, VerifyContext } from '@millrace/core';
import type { SqsSettings } from '../options.ts';
import { maxVisibility } from '../options.ts';
import { passed, warned, failed } from './check.ts';
import type { QueueAttributes } from './queue-facts.ts';

/** A lease is prolonged at half its time: below this a slow call to SQS comes too late. Milliseconds. */
const shortestRenewableLease = 10_000;

/** Do the queue's settings go with those of the handlers and the store? */
export function* checkQueueSettings(
  attributes: QueueAttributes,
  settings: Pick<SqsSettings, 'visibilityTimeout' | 'topics'>,
  context: VerifyContext,
): Generator<Check> {
  yield checkVisibility(settings.visibilityTimeout, context.handlerTimeout);
  if (context.retention !== undefined) yield checkRetention(attributes, context.retention);
  yield checkEncryption(attributes, settings.topics.length > 0);
}

function checkVisibility(visibilityTimeout: number, handlerTimeout: number): Check {
  const name = 'visibility timeout';
  if (handlerTimeout > maxVisibility) {
    return warned(
      name,
      'SQS_VISIBILITY_TIMEOUT',
      `A handler may take ${inWords(handlerTimeout)}, but SQS leaves a message to a consumer for 12 hours at the most.`,
      'Set a shorter handler timeout, or hand long work to something that keeps track of it.',
    );
  }
  if (visibilityTimeout < shortestRenewableLease && handlerTimeout > visibilityTimeout) {
    return warned(
      name,
      'SQS_VISIBILITY_TIMEOUT',
      `A message stays with its handler for ${inWords(visibilityTimeout)} unless extended, too short for an extension to arrive in time for sure, and a handler may take ${inWords(handlerTimeout)}.`,
      `Set \`visibilityTimeout\` to ${shortestRenewableLease} or more.`,
    );
  }
  return passed(name);
}

function checkRetention({ MessageRetentionPeriod }: QueueAttributes, retention: number): Check {
  const name = 'retention';
  const kept = Number(MessageRetentionPeriod ?? 0) * 1_000;
  if (retention >= kept) return passed(name);
  return failed(
    name,
    'SQS_RETENTION',
    `The queue keeps a message for ${inWords(kept)}, but that it was handled is remembered for ${inWords(retention)} only: a message that comes again after that would be handled twice.`,
    `Set the consumer's idempotency \`retention\` to ${kept} or more, or lower the queue's MessageRetentionPeriod.`,
  );
}

function checkEncryption({ KmsMasterKeyId }: QueueAttributes, fromTopic: boolean): Check {
  const name = 'encryption';
  if (KmsMasterKeyId === undefined || KmsMasterKeyId === '') return passed(name);
  if (fromTopic && KmsMasterKeyId.endsWith('alias/aws/sqs')) {
    return failed(
      name,
      'SQS_ENCRYPTION',
      'The queue is encrypted with the key alias/aws/sqs, which SNS can not be allowed to use: nothing is delivered.',
      'Use SQS-managed encryption (SqsManagedSseEnabled), or a KMS key of your own whose policy allows sns.amazonaws.com kms:GenerateDataKey* and kms:Decrypt.',
    );
  }
  const forSns = fromTopic
    ? ', and its policy must allow sns.amazonaws.com kms:GenerateDataKey* and kms:Decrypt'
    : '';
  return passed(
    name,
    `The queue is encrypted with a KMS key: this process needs kms:Decrypt on it${forSns}.`,
  );
}

function inWords(milliseconds: number): string {
  const units = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1_000],
  ] as const;
  const [unit, size] = units.find(([, size]) => milliseconds >= size && milliseconds % size === 0) ?? [
    'millisecond',
    1,
  ];
  const count = milliseconds / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
