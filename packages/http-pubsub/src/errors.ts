import { MillraceError } from '@millrace/core';

/** Every code that this package puts on an error. The README says of each what it means and what to do. */
export const httpPubsubErrorCodes = [
  'PUBSUB_OPTIONS',
  'PUBSUB_SECRETS',
  'PUBSUB_MALFORMED',
  'PUBSUB_LISTENER',
  'PUBSUB_BODY_LIMIT',
  'PUBSUB_BODY_TIMEOUT',
  'PUBSUB_BODY_READ',
  'PUBSUB_PAYLOAD',
  'PUBSUB_UNSUBSCRIBED',
  'PUBSUB_LEASE',
  'PUBSUB_FORBIDDEN',
  'PUBSUB_UNREACHABLE',
  'PUBSUB_AMBIGUOUS',
  'PUBSUB_FORGED',
  'PUBSUB_NOT_ALLOWED',
  'PUBSUB_CONNECTION_LOST',
  'PUBSUB_MISSED',
  'PUBSUB_SPOOL',
  'PUBSUB_UNAVAILABLE',
  'PUBSUB_REFUSED',
  'PUBSUB_HANDSHAKE',
  'PUBSUB_SUBSCRIPTIONS',
  'PUBSUB_NOT_PUBLISHED',
] as const;

export type HttpPubsubErrorCode = (typeof httpPubsubErrorCodes)[number];

export type HttpPubsubError = MillraceError<HttpPubsubErrorCode>;

export function httpPubsubError(
  code: HttpPubsubErrorCode,
  message: string,
  cause?: unknown,
): HttpPubsubError {
  return new MillraceError(code, message, { cause });
}
