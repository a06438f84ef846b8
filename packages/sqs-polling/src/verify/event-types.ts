import type { Check, VerifyContext } from '@millrace/core';
import type { ResourceArn } from '../arn.ts';
import { connectSns, connectSqs } from '../clients.ts';
import { patternsOf } from '../filter-policy/delivery.ts';
import type { SqsSettings } from '../options.ts';
import { placeOfName, readPolicy } from './filter-check.ts';
import type { QueueFacts } from './queue-facts.ts';
import { checkQueue } from './queue-facts.ts';
import { regionOf } from './region.ts';
import { checkSubscription } from './subscription.ts';
import type { SubscriptionFacts } from './subscription-facts.ts';

/**
 * Types and patterns that the deployed filter policies let through. Undefined when one of them does not say, or can't
 * be read.
 */
export async function eventTypes(
  settings: SqsSettings,
  { signal }: Pick<VerifyContext, 'signal'>,
): Promise<readonly string[] | undefined> {
  try {
    return await readTypes(settings, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

async function readTypes(settings: SqsSettings, signal: AbortSignal): Promise<readonly string[] | undefined> {
  const place = placeOfName(settings.decode);
  if (place === undefined || settings.topics.length === 0) return undefined;
  const queue = await queueOf(settings, signal);
  if (queue?.arn === undefined) return undefined;
  const types = new Set<string>();
  for (const topic of settings.topics) {
    const subscription = await subscriptionOf(settings, topic, queue.arn, signal);
    const policy = subscription && readPolicy(subscription);
    const patterns = policy?.scope === place.scope ? patternsOf(policy, place.path) : undefined;
    if (patterns === undefined) return undefined;
    for (const pattern of patterns) types.add(pattern);
  }
  return [...types].sort();
}

async function queueOf(settings: SqsSettings, signal: AbortSignal): Promise<QueueFacts | undefined> {
  const { client, close } = connectSqs(settings.connection, settings.region);
  try {
    const region = await regionOf(client, settings.region);
    return typeof region === 'string'
      ? await resultOf(checkQueue(client, settings.queue, region, signal))
      : undefined;
  } finally {
    close();
  }
}

async function subscriptionOf(
  settings: SqsSettings,
  topic: ResourceArn,
  queue: ResourceArn,
  signal: AbortSignal,
): Promise<SubscriptionFacts | undefined> {
  const { client, close } = connectSns(settings.connection, topic.region);
  try {
    return await resultOf(checkSubscription(client, topic, queue, signal));
  } finally {
    close();
  }
}

/** What checks found out, without what they have to say. */
async function resultOf<T>(checks: AsyncGenerator<Check, T>): Promise<T> {
  for (;;) {
    const { done, value } = await checks.next();
    if (done) return value;
  }
}
