import { verify } from 'node:crypto';
import { httpPubsubError } from '../../errors.ts';
import { mediaType } from '../media-type.ts';
import { optionChecks } from '../../option-checks.ts';
import { readText } from '../payload.ts';
import { dateOf } from '../pick.ts';
import { proofOf } from '../proof.ts';
import type { WebhookContext, WebhookRequest, WebhookVerdict, WebhookVerifier } from '../verifier.ts';
import { refused } from '../verifier.ts';
import type { Authorize } from '../cloud-events/authorize.ts';
import type { Certificates } from './certificates.ts';
import { createCertificates } from './certificates.ts';
import type { ConfirmPolicy } from './confirm.ts';
import { confirm } from './confirm.ts';
import type { SnsDecodeOptions } from './decode.ts';
import { readMessage, toEvent } from './decode.ts';
import type { Envelope } from './envelope.ts';
import { readEnvelope, signedText } from './envelope.ts';
import type { Fetch } from './fetch.ts';
import { fetchFromSns } from './fetch.ts';
import type { Topic } from './topic.ts';
import { certificateUrl, parseTopic } from './topic.ts';

export interface SnsWebhookOptions extends SnsDecodeOptions {
  /** The topics whose messages are taken. Anybody with an account can have SNS sign messages, of topics of their own. */
  readonly topicArns: readonly string[];
  /**
   * What becomes of a SubscriptionConfirmation of these topics: it is confirmed, or only logged, or the function says
   * whether to confirm; one that says no may do it later, by the URL it was given.
   * @default 'automatic'
   */
  readonly confirm?: ConfirmPolicy;
  /**
   * Versions of signatures that are good: 1 is RSA with SHA-1, what topics have by default; 2 with SHA-256, which a topic
   * is set to by its attribute SignatureVersion.
   * @default ['1', '2']
   */
  readonly signatureVersions?: readonly ('1' | '2')[];
  /**
   * How old a message may be, in milliseconds. SNS sends the same bytes again for up to an hour.
   * @default 4_500_000 (75 min)
   */
  readonly tolerance?: number;
  /**
   * Takes messages of subscriptions with raw delivery, which SNS does not sign, when this says so; such as one that
   * looks at the user and password of the subscription's URL.
   * @default raw deliveries are refused
   */
  readonly rawDelivery?: Authorize;
  /**
   * Fetches certificates and confirms subscriptions. URLs are checked before.
   * @default by the network, at most 64 KiB, 5 s, no redirects
   */
  readonly fetch?: Fetch;
}

const algorithms: Readonly<Record<string, string>> = { '1': 'RSA-SHA1', '2': 'RSA-SHA256' };
/** How far SNS's clock may be ahead of ours, in milliseconds. */
const ahead = 300_000;

/** Topics of AWS SNS, by subscriptions with the protocol https. The id of an event is the MessageId. Throws PUBSUB_OPTIONS. */
export function snsWebhook(options: SnsWebhookOptions): WebhookVerifier {
  const topics = checkOptions(options);
  const {
    tolerance = 4_500_000,
    signatureVersions = ['1', '2'],
    rawDelivery,
    fetch = fetchFromSns,
  } = options;
  const certificates = createCertificates(fetch);

  async function readSigned({ body }: WebhookRequest, context: WebhookContext): Promise<WebhookVerdict> {
    const envelope = readEnvelope(body);
    if (envelope === undefined) return refused(400, 'malformed');
    const topic = topics.get(envelope.TopicArn);
    if (topic === undefined) return refused(403, 'topic');
    if (!signatureVersions.some((version) => version === envelope.SignatureVersion))
      return refused(401, 'signature-version');
    const sentAt = dateOf(envelope.Timestamp)?.getTime();
    const age = context.clock.now() - (sentAt ?? Infinity);
    if (!(age <= tolerance && age >= -ahead)) return refused(401, 'timestamp');
    if (!(await isSigned(envelope, topic, certificates, context))) return refused(401, 'signature');
    return await take(envelope, topic, context);
  }

  async function take(envelope: Envelope, topic: Topic, context: WebhookContext): Promise<WebhookVerdict> {
    switch (envelope.Type) {
      case 'Notification': {
        const proof = proofOf('sns', signedText(envelope), tolerance);
        return { events: [toEvent(envelope, options)], proof };
      }
      case 'SubscriptionConfirmation':
        return await confirm(envelope, topic, { policy: options.confirm ?? 'automatic', fetch, ...context });
      case 'UnsubscribeConfirmation':
        context.gap({
          channel: topic.arn,
          resumed: 'latest',
          cause: httpPubsubError(
            'PUBSUB_UNSUBSCRIBED',
            `Topic ${topic.arn} does not send here any more: the subscription was deleted. Subscribe again if that was not meant.`,
          ),
        });
        return { reply: { status: 200 } };
    }
  }

  async function readRaw(request: WebhookRequest): Promise<WebhookVerdict> {
    if (rawDelivery === undefined || !(await rawDelivery(request))) return refused(403, 'raw-delivery');
    const id = request.headers['x-amz-sns-message-id'] ?? '';
    const topicArn = request.headers['x-amz-sns-topic-arn'] ?? '';
    if (!topics.has(topicArn)) return refused(403, 'topic');
    const text = readText(request.body);
    if (!/^[!-~]{1,256}$/.test(id) || text === undefined) return refused(400, 'malformed');
    const headers = { 'sns-topic-arn': topicArn };
    return { events: [{ id, ...readMessage(text, headers, options), headers }] };
  }

  return {
    scheme: 'sns',
    // It takes no notice of Retry-After: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
    redelivery: 'immediate',
    recognises: ({ headers }) => headers['x-amz-sns-message-type'] !== undefined,
    refuses({ headers }) {
      if (headers['x-amz-sns-message-type'] === undefined) return { status: 401, code: 'unsigned' };
      const isRaw = headers['x-amz-sns-rawdelivery'] !== undefined;
      if (isRaw && rawDelivery === undefined) return { status: 403, code: 'raw-delivery' };
      const type = mediaType(headers['content-type']);
      const known = isRaw || type === undefined || type === 'text/plain' || type === 'application/json';
      return known ? undefined : { status: 415, code: 'content-type' };
    },
    verify: (request, context) =>
      request.headers['x-amz-sns-rawdelivery'] === undefined
        ? readSigned(request, context)
        : readRaw(request),
  };
}

async function isSigned(
  envelope: Envelope,
  topic: Topic,
  certificates: Certificates,
  { clock }: WebhookContext,
): Promise<boolean> {
  const algorithm = algorithms[envelope.SignatureVersion];
  const url = certificateUrl(envelope.SigningCertURL, topic);
  if (url === undefined || algorithm === undefined) return false;
  const key = await certificates.key(url, clock);
  if (key === undefined) return false;
  return verify(algorithm, Buffer.from(signedText(envelope)), key, Buffer.from(envelope.Signature, 'base64'));
}

function checkOptions(options: SnsWebhookOptions): ReadonlyMap<string, Topic> {
  const check = optionChecks('snsWebhook');
  check.list('topicArns', options.topicArns);
  check.milliseconds('tolerance', options.tolerance, 1_000);
  check.oneOf('format', options.format, ['json', 'text', 'base64']);
  check.function('fetch', options.fetch);
  check.function('rawDelivery', options.rawDelivery);
  if (options.signatureVersions) check.list('signatureVersions', options.signatureVersions);
  for (const version of options.signatureVersions ?? [])
    check.oneOf('signatureVersions', version, ['1', '2']);
  if (typeof options.confirm !== 'function') check.oneOf('confirm', options.confirm, ['automatic', 'manual']);
  return new Map(
    options.topicArns.map((arn) => [
      arn,
      parseTopic(arn) ?? check.fail('"topicArns" are ARNs such as arn:aws:sns:eu-west-1:123456789012:orders'),
    ]),
  );
}
