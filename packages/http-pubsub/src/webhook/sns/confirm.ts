import type { WebhookContext, WebhookVerdict } from '../verifier.ts';
import { refused } from '../verifier.ts';
import type { Envelope } from './envelope.ts';
import type { Fetch } from './fetch.ts';
import type { Topic } from './topic.ts';
import { subscribeUrl } from './topic.ts';

/** A subscription that waits to be confirmed. */
export interface PendingSubscription {
  readonly topicArn: string;
  /** Visiting it confirms the subscription: it is as good as a password for a few days. */
  readonly subscribeUrl: URL;
}

export type ConfirmPolicy =
  | 'automatic'
  | 'manual'
  | ((subscription: PendingSubscription) => boolean | Promise<boolean>);

export interface ConfirmParts extends WebhookContext {
  readonly policy: ConfirmPolicy;
  readonly fetch: Fetch;
}

/** The signature was checked. Rejects when SNS does not take the confirmation now: it asks again. */
export async function confirm(
  envelope: Envelope,
  topic: Topic,
  { policy, fetch, log }: ConfirmParts,
): Promise<WebhookVerdict> {
  const url = subscribeUrl(envelope.SubscribeURL ?? '', topic);
  if (url === undefined) return refused(400, 'subscribe-url');
  const subscription = { topicArn: topic.arn, subscribeUrl: url };
  const wanted = policy === 'automatic' || (policy !== 'manual' && (await policy(subscription)));
  if (!wanted) {
    log.warn('A subscription waits to be confirmed.', { topic: topic.arn });
    return { reply: { status: 200 } };
  }
  const { status } = await fetch(url);
  if (status !== 200) throw new Error(`SNS did not take the confirmation of ${topic.arn}: HTTP ${status}.`);
  log.info('A subscription was confirmed.', { topic: topic.arn });
  return { reply: { status: 200 } };
}
