import { isMillraceError, MillraceError } from '@millrace/core';

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

/** Trouble with the network or at AWS, worth another try later. */
export function passesByItself(error: unknown): error is SqsError {
  const codes: readonly SqsErrorCode[] = ['SQS_UNREACHABLE', 'SQS_SERVER_FAULT', 'SQS_THROTTLED'];
  return codes.some((code) => isMillraceError(error, code));
}
