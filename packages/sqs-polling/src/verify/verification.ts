import type { Check, Source, VerifyContext } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import { connectSns, connectSqs } from '../clients.ts';
import type { SqsSettings } from '../options.ts';
import { checkDeadLetterQueue } from './dead-letter-queue.ts';
import { eventTypes } from './event-types.ts';
import { checkFilterPolicy, placeOfName } from './filter-check.ts';
import type { QueueFacts } from './queue-facts.ts';
import { checkQueue } from './queue-facts.ts';
import { checkQueueSettings } from './queue-settings.ts';
import { regionOf } from './region.ts';
import { checkEnvelope, checkSubscription } from './subscription.ts';
import { checkKinds, checkQueuePolicy, checkTopic } from './topic.ts';

/** The part of a source that looks at the queue, its topics and what is between them. It changes nothing. */
export function createVerification(settings: SqsSettings): Required<Pick<Source, 'verify' | 'eventTypes'>> {
  return {
    verify: (context) => verify(settings, context),
    eventTypes: (context) => eventTypes(settings, context),
  };
}

async function* verify(settings: SqsSettings, context: VerifyContext): AsyncGenerator<Check> {
  const { client, close } = connectSqs(settings.connection, settings.region);
  const { signal } = context;
  try {
    const region = await regionOf(client, settings.region);
    if (typeof region !== 'string') {
      yield region;
      return;
    }
    const queue = yield* checkQueue(client, settings.queue, region, signal);
    if (!queue) return;
    if (queue.attributes) {
      yield* checkQueueSettings(queue.attributes, settings, context);
      yield* checkDeadLetterQueue(client, queue.attributes, context.attempts, signal);
    }
    for (const topic of settings.topics) yield* verifyTopic(settings, topic, queue, context);
  } catch (error) {
    // Whoever stops the consumer while it starts wants no more checks, and no error.
    if (!signal.aborted) throw error;
  } finally {
    close();
  }
}

async function* verifyTopic(
  settings: SqsSettings,
  topic: ResourceArn,
  queue: QueueFacts,
  context: VerifyContext,
): AsyncGenerator<Check> {
  const { client, close } = connectSns(settings.connection, topic.region);
  try {
    const region = await regionOf(client, topic.region);
    if (typeof region !== 'string') {
      yield region;
      return;
    }
    const exists = await checkTopic(client, topic, context.signal);
    yield exists;
    if (exists.code === 'SQS_TOPIC_MISSING' || !queue.arn) return;
    yield checkKinds(topic, queue.arn);
    if (queue.attributes) yield checkQueuePolicy(queue, queue.arn, topic);
    const subscription = yield* checkSubscription(client, topic, queue.arn, context.signal);
    if (!subscription) return;
    yield checkEnvelope(subscription, topic, settings.decode);
    yield* checkFilterPolicy(subscription, topic, placeOfName(settings.decode), context);
  } finally {
    close();
  }
}
