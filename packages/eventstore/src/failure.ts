import { describeError } from '@millrace/core';
import type { EventstoreError, EventstoreErrorCode } from './errors.ts';
import { eventstoreError, isEventstoreError, passesByItself } from './errors.ts';

/** What becomes of a call that failed. */
export interface Failure {
  readonly error: EventstoreError;
  /** `slow`: the database is to be left alone for a while. `position`: not from where it was asked. `never`: only a change outside helps. */
  readonly retry: 'soon' | 'slow' | 'position' | 'never';
}

type Verdict = readonly [EventstoreErrorCode, Failure['retry']];

/** `type` of the errors of both clients. */
const byType: Readonly<Record<string, Verdict>> = {
  'access-denied': ['EVENTSTORE_ACCESS_DENIED', 'never'],
  'stream-deleted': ['EVENTSTORE_STREAM_DELETED', 'never'],
  'stream-tombstoned': ['EVENTSTORE_STREAM_DELETED', 'never'],
  'stream-not-found': ['EVENTSTORE_STREAM_MISSING', 'soon'],
  'persistent-subscription-does-not-exist': ['EVENTSTORE_GROUP_MISSING', 'never'],
  'maximum-subscribers-reached': ['EVENTSTORE_SUBSCRIBERS_LIMIT', 'slow'],
  unavailable: ['EVENTSTORE_UNREACHABLE', 'soon'],
  cancelled: ['EVENTSTORE_UNREACHABLE', 'soon'],
};

/** grpc/grpc doc/statuscodes.md */
const status = {
  cancelled: 1,
  invalidArgument: 3,
  permissionDenied: 7,
  failedPrecondition: 9,
  outOfRange: 11,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * Tells by gRPC status, message and `type` together: the clients' classes differ between the two, and between reads and
 * subscriptions of one. What is not known is worth another try.
 */
export function failureOf(cause: unknown): Failure {
  if (isEventstoreError(cause)) return { error: cause, retry: passesByItself(cause) ? 'soon' : 'never' };
  const { code, type } = fieldsOf(cause);
  const { message } = describeError(cause);
  const [errorCode, retry] = verdict(code, type, message);
  return { error: eventstoreError(errorCode, `${sentences[errorCode]} ${message}`.trim(), cause), retry };
}

function verdict(code: unknown, type: unknown, message: string): Verdict {
  const known = typeof type === 'string' ? byType[type] : undefined;
  // A client gives "unavailable" for an error inside the server too.
  if (known && type !== 'unavailable' && type !== 'cancelled') return known;
  switch (code) {
    case status.permissionDenied:
    case status.unauthenticated:
      return ['EVENTSTORE_ACCESS_DENIED', 'never'];
    case status.failedPrecondition:
      if (/deleted|tombstone/i.test(message)) return ['EVENTSTORE_STREAM_DELETED', 'never'];
      break;
    case status.invalidArgument:
    case status.outOfRange:
      if (/position|revision/i.test(message)) return ['EVENTSTORE_POSITION_INVALID', 'position'];
      break;
    case status.cancelled:
    case status.unavailable:
      return ['EVENTSTORE_UNREACHABLE', 'soon'];
    case undefined:
      // Discovery, and what is thrown before a call is made.
      return known ?? ['EVENTSTORE_UNREACHABLE', 'soon'];
  }
  return ['EVENTSTORE_SERVER_FAULT', 'soon'];
}

const sentences: Partial<Record<EventstoreErrorCode, string>> = {
  EVENTSTORE_ACCESS_DENIED:
    'The database refuses these credentials; $all and its filters take a user with the rights of an admin by default.',
  EVENTSTORE_STREAM_DELETED: 'The stream is deleted for good (tombstoned).',
  EVENTSTORE_STREAM_MISSING: 'There is no such stream.',
  EVENTSTORE_GROUP_MISSING: 'There is no such subscription group.',
  EVENTSTORE_SUBSCRIBERS_LIMIT: 'The subscription group takes no more consumers.',
  EVENTSTORE_POSITION_INVALID: 'The database can not go on from this position.',
  EVENTSTORE_UNREACHABLE: 'The database can not be reached.',
  EVENTSTORE_SERVER_FAULT: 'The database has failed.',
};

function fieldsOf(error: unknown): { readonly code?: unknown; readonly type?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
