import { classifyError } from './aws-failures.ts';
import type { SqsError, SqsErrorCode } from './errors.ts';
import { sqsError } from './errors.ts';

/** What was tried, for the words of an error. */
export interface Attempted {
  /** The IAM action, such as `sqs:ReceiveMessage`. */
  readonly action: string;
  /** Queue URL, topic ARN, or a name. */
  readonly resource: string;
  readonly region?: string | undefined;
}

const meanings: Readonly<Partial<Record<SqsErrorCode, (attempted: Attempted) => string>>> = {
  SQS_REGION_MISSING: () =>
    'no AWS region is configured. Set `region`, give a queue URL or ARN, or set AWS_REGION',
  SQS_QUEUE_MISSING: ({ region }) =>
    `the queue does not exist${region ? ` in ${region}` : ''}. Check its name, region and account, or create it`,
  SQS_TOPIC_MISSING: ({ region }) =>
    `the topic or subscription does not exist${region ? ` in ${region}` : ''}. Check the ARN, or create it`,
  SQS_ACCESS_DENIED: ({ action }) =>
    `access denied. Allow ${action} in the IAM policy of this process, and check the resource's own policy`,
  SQS_CREDENTIALS: () =>
    'no usable AWS credentials. Check that they are set, belong to this account, have not expired, and that the clock is right',
  SQS_KMS: () =>
    "the resource's KMS key can't be used. Allow kms:Decrypt (and kms:GenerateDataKey to publish) and check that the key is enabled",
  SQS_THROTTLED: () =>
    'AWS throttles the calls or too many messages are in flight. It will be tried again, slower',
  SQS_UNREACHABLE: () => 'AWS does not answer. Check the network, the endpoint and the region',
  SQS_SERVER_FAULT: () => 'AWS failed inside. It is worth another try',
  SQS_RECEIPT_STALE: () =>
    'the receipt handle has expired: the message was visible again or is deleted. Raise the visibility timeout if this happens often',
  SQS_LEASE_EXHAUSTED: () =>
    'the message has been with this consumer for 12 hours, the most that SQS allows. It will be delivered again',
};

/** Puts a failed AWS call in Millrace's words. */
export function fromAwsError(error: unknown, attempted: Attempted): SqsError {
  const { code } = classifyError(error);
  return describe(code, attempted, nameOf(error), safeCause(error));
}

/** The same for one entry of a batch that AWS answered as failed. */
export function describe(
  code: SqsErrorCode,
  attempted: Attempted,
  reason: string,
  cause?: unknown,
): SqsError {
  const meaning = meanings[code]?.(attempted) ?? 'the call failed. The cause says why';
  return sqsError(code, `${attempted.action} on ${attempted.resource}: ${meaning} (${reason}).`, cause);
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

/** AWS answers a wrong signature with the canonical request, whose headers include the session token: not for logs. */
function safeCause(error: unknown): unknown {
  return /signature/i.test(nameOf(error)) ? undefined : error;
}
