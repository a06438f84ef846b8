import type { KeyObject } from 'node:crypto';
import { createPrivateKey, sign } from 'node:crypto';
import { generate } from 'selfsigned';
import type { SnsWebhookOptions } from '../../../src/index.ts';
import { now } from './requests.ts';

export const topicArn = 'arn:aws:sns:eu-west-1:123456789012:orders';
export const certificateUrl =
  'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem';
export const subscribeUrl = `https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=2336412f37`;

export type SnsMessage = Record<string, unknown>;

/** What SNS is to a webhook: it signs, has a certificate, and takes confirmations. */
export interface SnsSender {
  readonly certificate: string;
  sign(message: SnsMessage, version?: '1' | '2'): SnsMessage;
  notification(changes?: SnsMessage, version?: '1' | '2'): SnsMessage;
  subscription(changes?: SnsMessage): SnsMessage;
  /** What was asked for, in order. */
  readonly fetched: string[];
  readonly fetch: NonNullable<SnsWebhookOptions['fetch']>;
}

export async function snsSender({
  notBefore = new Date(now - 86_400_000),
  notAfter = new Date(now + 86_400_000),
}: { notBefore?: Date; notAfter?: Date } = {}): Promise<SnsSender> {
  const attributes = [{ name: 'commonName', value: 'sns.amazonaws.com' }];
  const pems = await generate(attributes, {
    keySize: 2_048,
    notBeforeDate: notBefore,
    notAfterDate: notAfter,
  });
  const key = createPrivateKey(pems.private);
  const fetched: string[] = [];
  const timestamp = new Date(now - 1_000).toISOString();

  const sender: SnsSender = {
    certificate: pems.cert,
    sign: (message, version = '1') => signed(message, version, key),
    notification: (changes = {}, version) =>
      sender.sign(
        {
          Type: 'Notification',
          MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
          TopicArn: topicArn,
          Message: '{"order":7}',
          Timestamp: timestamp,
          ...changes,
        },
        version,
      ),
    subscription: (changes = {}) =>
      sender.sign({
        Type: 'SubscriptionConfirmation',
        MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
        Token: '2336412f37',
        TopicArn: topicArn,
        Message: 'You have chosen to subscribe to the topic.',
        SubscribeURL: subscribeUrl,
        Timestamp: timestamp,
        ...changes,
      }),
    fetched,
    async fetch(url) {
      fetched.push(url.href);
      return { status: 200, body: Buffer.from(url.href === certificateUrl ? pems.cert : '<ok/>') };
    },
  };
  return sender;
}

/** Names in the order of the alphabet, as the guide of SNS lists them. */
function signed(message: SnsMessage, version: '1' | '2', key: KeyObject): SnsMessage {
  const names =
    message['Type'] === 'Notification'
      ? ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type']
      : ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'];
  const lines = names.filter((name) => name in message).flatMap((name) => [name, String(message[name])]);
  const algorithm = version === '1' ? 'RSA-SHA1' : 'RSA-SHA256';
  return {
    SignatureVersion: version,
    Signature: sign(algorithm, Buffer.from(`${lines.join('\n')}\n`), key).toString('base64'),
    SigningCertURL: certificateUrl,
    ...message,
  };
}
