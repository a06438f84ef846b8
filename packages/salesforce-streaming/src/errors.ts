import { isMillraceError, MillraceError } from '@millrace/core';

/** Every code that this package puts on an error. The README says of each what it means and what to do. */
export const salesforceErrorCodes = [
  'SALESFORCE_OPTIONS',
  'SALESFORCE_AUTH_DENIED',
  'SALESFORCE_AUTH_UNAVAILABLE',
  'SALESFORCE_SESSION_REFUSED',
  'SALESFORCE_CHANNEL_MISSING',
  'SALESFORCE_CHANNEL_DENIED',
  'SALESFORCE_LIMIT_EXCEEDED',
  'SALESFORCE_BUSY',
  'SALESFORCE_UNREACHABLE',
  'SALESFORCE_CONNECTION_LOST',
  'SALESFORCE_RESPONSE_INVALID',
  'SALESFORCE_RESPONSE_TOO_LARGE',
  'SALESFORCE_REQUEST_TOO_LARGE',
  'SALESFORCE_CLIENT_STATE',
  'SALESFORCE_POSITION_INVALID',
  'SALESFORCE_EVENT_INVALID',
  'SALESFORCE_TRANSPORT_MISSING',
  'SALESFORCE_ACCESS_DENIED',
  'SALESFORCE_REQUEST_FAILED',
  'SALESFORCE_PUBLISH_FAILED',
  'SALESFORCE_PUBLISHER_CLOSED',
  'SALESFORCE_VERSION_UNSUPPORTED',
  'SALESFORCE_CHANNEL_SILENT',
  'SALESFORCE_LIMIT_NEAR',
  'SALESFORCE_CHECK_IMPOSSIBLE',
] as const;

export type SalesforceErrorCode = (typeof salesforceErrorCodes)[number];

export type SalesforceError = MillraceError<SalesforceErrorCode>;

export function salesforceError(
  code: SalesforceErrorCode,
  message: string,
  cause?: unknown,
): SalesforceError {
  return new MillraceError(code, message, { cause });
}

/** Trouble with the network or at Salesforce, worth another try later. */
export function passesByItself(error: unknown): error is SalesforceError {
  const codes: readonly SalesforceErrorCode[] = [
    'SALESFORCE_AUTH_UNAVAILABLE',
    'SALESFORCE_UNREACHABLE',
    'SALESFORCE_BUSY',
    'SALESFORCE_LIMIT_EXCEEDED',
    'SALESFORCE_CONNECTION_LOST',
  ];
  return codes.some((code) => isMillraceError(error, code));
}
