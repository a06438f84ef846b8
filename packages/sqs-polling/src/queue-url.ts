import { isFifo } from './arn.ts';
import { sqsError } from './errors.ts';

/** What a queue URL says of its queue. */
export interface QueueUrl {
  readonly text: string;
  readonly name: string;
  readonly fifo: boolean;
  /** 12 digits; undefined for emulators that leave it out. */
  readonly account: string | undefined;
  /** Undefined for emulators that leave it out. */
  readonly region: string | undefined;
}

/**
 * Reads a queue URL, AWS's own (`https://sqs.eu-west-1.amazonaws.com/123456789012/orders`, its older, FIPS, dual-stack
 * and VPC endpoint forms) and emulators' ones. Throws SQS_QUEUE_URL_INVALID.
 *
 * The host says where a queue is, not whom to ask: emulators put hosts there that do not resolve.
 */
export function parseQueueUrl(text: string): QueueUrl {
  const url = URL.parse(text);
  const segments = url?.pathname.split('/').filter(Boolean) ?? [];
  const name = segments.at(-1);
  if (!url || !/^https?:$/.test(url.protocol) || !name || !/^(?=.{1,80}$)[\w-]+(\.fifo)?$/.test(name)) {
    throw sqsError(
      'SQS_QUEUE_URL_INVALID',
      `${JSON.stringify(text)} is not a queue URL. It has the form https://sqs.region.amazonaws.com/account/name.`,
    );
  }
  const before = segments.slice(0, -1);
  return {
    text,
    name,
    fifo: isFifo(name),
    account: before.findLast((segment) => /^\d{12}$/.test(segment)),
    region: regionOfHost(url.hostname) ?? before.find((segment) => region.test(segment)),
  };
}

const region = /^[a-z]{2,4}(-[a-z]+)+-\d+$/;

function regionOfHost(host: string): string | undefined {
  // Before regions had hosts of their own, this one stood for the first.
  if (host === 'queue.amazonaws.com') return 'us-east-1';
  return host.split('.').find((label) => region.test(label));
}
