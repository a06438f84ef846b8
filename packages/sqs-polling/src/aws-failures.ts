import type { SqsErrorCode } from './errors.ts';

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
