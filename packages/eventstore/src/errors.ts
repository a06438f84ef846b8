import { isMillraceError, MillraceError } from '@millrace/core';

/** Every code that this package puts on an error. The README says of each what it means and what to do. */
export const eventstoreErrorCodes = [
  'EVENTSTORE_OPTIONS',
  'EVENTSTORE_CLIENT_MISSING',
  'EVENTSTORE_CLIENTS_MIXED',
  'EVENTSTORE_ACCESS_DENIED',
  'EVENTSTORE_UNREACHABLE',
  'EVENTSTORE_SERVER_FAULT',
  'EVENTSTORE_STREAM_MISSING',
  'EVENTSTORE_STREAM_DELETED',
  'EVENTSTORE_GROUP_MISSING',
  'EVENTSTORE_GROUP_SETTINGS',
  'EVENTSTORE_SUBSCRIBERS_LIMIT',
  'EVENTSTORE_POSITION_INVALID',
  'EVENTSTORE_STALLED',
  'EVENTSTORE_WRONG_REVISION',
  'EVENTSTORE_EVENT_INVALID',
  'EVENTSTORE_PUBLISH_FAILED',
] as const;

export type EventstoreErrorCode = (typeof eventstoreErrorCodes)[number];

export type EventstoreError = MillraceError<EventstoreErrorCode>;

export function eventstoreError(
  code: EventstoreErrorCode,
  message: string,
  cause?: unknown,
): EventstoreError {
  return new MillraceError(code, message, { cause });
}

export function isEventstoreError(error: unknown): error is EventstoreError {
  return eventstoreErrorCodes.some((code) => isMillraceError(error, code));
}

/** Trouble with the network or in the database, worth another try later. */
export function passesByItself(error: unknown): error is EventstoreError {
  const codes: readonly EventstoreErrorCode[] = [
    'EVENTSTORE_UNREACHABLE',
    'EVENTSTORE_SERVER_FAULT',
    'EVENTSTORE_STALLED',
    'EVENTSTORE_SUBSCRIBERS_LIMIT',
    'EVENTSTORE_STREAM_MISSING',
  ];
  return codes.some((code) => isMillraceError(error, code));
}
