import { MillraceError } from '@millrace/core';

/** Every code that this package puts on an error. The README says of each what it means and what to do. */
export const sqsErrorCodes = [
  'SQS_OPTIONS',
  'SQS_ARN_INVALID',
  'SQS_QUEUE_URL_INVALID',
  'SQS_FILTER_POLICY_INVALID',
  'SQS_FILTER_POLICY_MISMATCH',
  'SQS_FILTER_POLICY_NARROW',
  'SQS_FILTER_POLICY_EXTRA',
  'SQS_FILTER_POLICY_SCOPE',
  'SQS_FILTER_POLICY_LIMIT',
  'SQS_REGION_MISSING',
  'SQS_REGION_MISMATCH',
  'SQS_QUEUE_MISSING',
  'SQS_TOPIC_MISSING',
  'SQS_ACCESS_DENIED',
  'SQS_CREDENTIALS',
  'SQS_KMS',
  'SQS_THROTTLED',
  'SQS_UNREACHABLE',
  'SQS_SERVER_FAULT',
  'SQS_REQUEST_FAILED',
  'SQS_RECEIPT_STALE',
  'SQS_LEASE_EXHAUSTED',
  'SQS_SUBSCRIPTION_MISSING',
  'SQS_SUBSCRIPTION_PENDING',
  'SQS_RAW_DELIVERY',
  'SQS_QUEUE_POLICY',
  'SQS_DEAD_LETTER_QUEUE',
  'SQS_RECEIVE_LIMIT',
  'SQS_VISIBILITY_TIMEOUT',
  'SQS_RETENTION',
  'SQS_FIFO_MISMATCH',
  'SQS_ENCRYPTION',
  'SQS_CHECK_IMPOSSIBLE',
  'SQS_EVENT_INVALID',
  'SQS_MESSAGE_TOO_LARGE',
  'SQS_FIFO_KEY_REQUIRED',
  'SQS_PUBLISH_FAILED',
  'SQS_PUBLISHER_CLOSED',
] as const;

export type SqsErrorCode = (typeof sqsErrorCodes)[number];

export type SqsError = MillraceError<SqsErrorCode>;

export function sqsError(code: SqsErrorCode, message: string, cause?: unknown): SqsError {
  return new MillraceError(code, message, { cause });
}

/**
 * What to do about a failed call. `config`: nothing helps but a change outside. `throttle`: slower. `stale`: the
 * receipt handle no longer stands for the message. `transient`: try again. `unexpected`: none of these, likely a bug.
 */
export type FailureKind = 'config' | 'throttle' | 'stale' | 'transient' | 'unexpected';

export interface Failure {
  readonly kind: FailureKind;
  readonly code: SqsErrorCode;
}

/** What a failed call and a failed entry of a batch have in common. */
export interface FailureFacts {
  /** Error names and codes, with or without AWS's prefixes and suffixes. */
  readonly names: readonly (string | undefined)[];
  readonly message: string | undefined;
  readonly status?: number | undefined;
}

interface FailureFamily extends Failure {
  readonly names: RegExp;
}

/**
 * AWS error names by what they ask of us, first match wins. SQS speaks of `QueueDoesNotExist` (modelled) and
 * `AWS.SimpleQueueService.NonExistentQueue` (query code) for the same thing; SNS appends `Exception`.
 */
const families: readonly FailureFamily[] = [
  {
    kind: 'throttle',
    code: 'SQS_THROTTLED',
    names: /throttl|^overlimit$|^slowdown$|limitexceeded|^toomanyrequests$/i,
  },
  { kind: 'stale', code: 'SQS_RECEIPT_STALE', names: /^(receipthandleisinvalid|messagenotinflight)$/i },
  { kind: 'config', code: 'SQS_KMS', names: /^kms/i },
  {
    kind: 'config',
    code: 'SQS_QUEUE_MISSING',
    names: /^(queuedoesnotexist|nonexistentqueue|invalidaddress)$/i,
  },
  { kind: 'config', code: 'SQS_TOPIC_MISSING', names: /^(notfound|resourcenotfound)$/i },
  {
    kind: 'config',
    code: 'SQS_CREDENTIALS',
    names:
      /^(credentialsprovider|tokenprovider|expiredtoken|invalidclienttokenid|unrecognizedclient|invalidaccesskeyid|signaturedoesnotmatch|incompletesignature|invalidsignature|invalidsecurity|missingauthenticationtoken|authfailure|optinrequired|requestexpired)$/i,
  },
  {
    kind: 'config',
    code: 'SQS_ACCESS_DENIED',
    names: /^(accessdenied|authorization|authorizationerror|unauthorizedoperation|notauthorized)$/i,
  },
  { kind: 'config', code: 'SQS_REQUEST_FAILED', names: /^unsupportedoperation$/i },
  {
    kind: 'transient',
    code: 'SQS_UNREACHABLE',
    names:
      /^(timeout|requesttimeout|abort|networking|econn\w+|enotfound|eai_again|etimedout|epipe|ehostunreach|enetunreach|ehostdown)$/i,
  },
  {
    kind: 'transient',
    code: 'SQS_SERVER_FAULT',
    names: /^(internal(failure|server)?|serviceunavailable|queuedeletedrecently)$/i,
  },
];

/** AWS says only in words that a parameter's value is an expired receipt handle. */
const expiredReceiptHandle = /receipt ?handle\b.*\b(expired|not valid|invalid)/i;
/** A message may stay with a consumer for 12 h from its receive; AWS refuses more instead of cutting it down. */
const beyondLeaseLimit = /visibilitytimeout\b.*\bbeyond the limit/i;
const missingRegion = /region is missing/i;

export function classify(facts: FailureFacts): Failure {
  if (expiredReceiptHandle.test(facts.message ?? '')) return { kind: 'stale', code: 'SQS_RECEIPT_STALE' };
  if (beyondLeaseLimit.test(facts.message ?? '')) return { kind: 'stale', code: 'SQS_LEASE_EXHAUSTED' };
  if (missingRegion.test(facts.message ?? '')) return { kind: 'config', code: 'SQS_REGION_MISSING' };
  for (const name of facts.names) {
    const plain = name?.replace(/^AWS\.SimpleQueueService\./, '').replace(/(Exception|Error)$/, '');
    const family = plain && families.find((family) => family.names.test(plain));
    if (family) return { kind: family.kind, code: family.code };
  }
  return classifyStatus(facts.status);
}

function classifyStatus(status: number | undefined): Failure {
  if (status === 401 || status === 403) return { kind: 'config', code: 'SQS_ACCESS_DENIED' };
  if (status === 429) return { kind: 'throttle', code: 'SQS_THROTTLED' };
  if (status !== undefined && status >= 500) return { kind: 'transient', code: 'SQS_SERVER_FAULT' };
  return { kind: 'unexpected', code: 'SQS_REQUEST_FAILED' };
}

/** Sorts what the AWS SDK threw. */
export function classifyError(error: unknown): Failure {
  if (!(error instanceof Error)) return classify({ names: [], message: undefined });
  const { Code, code, $metadata } = error as {
    Code?: string;
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
  };
  return classify({
    names: [Code, error.name, typeof code === 'string' ? code : undefined],
    message: error.message,
    status: $metadata?.httpStatusCode,
  });
}

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
