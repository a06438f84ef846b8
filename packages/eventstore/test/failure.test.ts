import { describe, expect, it } from 'vitest';
import { eventstoreError } from '../src/errors.ts';
import { failureOf } from '../src/failure.ts';

/** What the two clients make of a status, each in its own way: code, message, type. */
const failures = [
  [{ code: 10, message: 'Operation timed out', type: 'unknown' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 10, message: 'Operation timed out', type: 'timeout' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 2, message: 'No leader info available', type: 'unknown' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 14, message: 'Server is too busy', type: 'unavailable' }, 'EVENTSTORE_UNREACHABLE', 'soon'],
  [{ code: 14, message: 'connect ECONNREFUSED' }, 'EVENTSTORE_UNREACHABLE', 'soon'],
  [{ message: 'Failed to discover after 10 attempts.' }, 'EVENTSTORE_UNREACHABLE', 'soon'],
  [{ message: '', type: 'unavailable' }, 'EVENTSTORE_UNREACHABLE', 'soon'],
  [{ code: 1, message: 'Cancelled', type: 'cancelled' }, 'EVENTSTORE_UNREACHABLE', 'soon'],
  [{ code: 5, message: 'Leader info', type: 'not-leader' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 13, message: 'Internal', type: 'unavailable' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 8, message: 'Too much', type: 'unknown' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [{ code: 7, message: 'Denied', type: 'unknown' }, 'EVENTSTORE_ACCESS_DENIED', 'never'],
  [{ code: 7, message: 'Denied', type: 'access-denied' }, 'EVENTSTORE_ACCESS_DENIED', 'never'],
  [{ code: 16, message: 'Who?', type: 'access-denied' }, 'EVENTSTORE_ACCESS_DENIED', 'never'],
  [
    { code: 9, message: "Event stream 'a' is deleted.", type: 'stream-deleted' },
    'EVENTSTORE_STREAM_DELETED',
    'never',
  ],
  [
    { code: 9, message: "Event stream 'a' is deleted.", type: 'unknown' },
    'EVENTSTORE_STREAM_DELETED',
    'never',
  ],
  [{ code: 5, message: 'No stream', type: 'stream-not-found' }, 'EVENTSTORE_STREAM_MISSING', 'soon'],
  [{ code: 11, message: 'Invalid position', type: 'unknown' }, 'EVENTSTORE_POSITION_INVALID', 'position'],
  [{ code: 3, message: 'Invalid position', type: 'unknown' }, 'EVENTSTORE_POSITION_INVALID', 'position'],
  [{ code: 3, message: 'Something else', type: 'unknown' }, 'EVENTSTORE_SERVER_FAULT', 'soon'],
  [
    { code: 5, message: 'No group', type: 'persistent-subscription-does-not-exist' },
    'EVENTSTORE_GROUP_MISSING',
    'never',
  ],
  [{ code: 9, message: 'Full', type: 'maximum-subscribers-reached' }, 'EVENTSTORE_SUBSCRIBERS_LIMIT', 'slow'],
] as const;

describe('what a failed call means', () => {
  it.each(failures)('%o is %s, to be tried again: %s', ({ message, ...fields }, code, retry) => {
    const cause = Object.assign(new Error(message), fields);
    const failure = failureOf(cause);
    expect({ code: failure.error.code, retry: failure.retry }).toEqual({ code, retry });
    expect(failure.error.cause).toBe(cause);
    expect(failure.error.message).toContain(message);
  });

  it('leaves an error of this package as it is', () => {
    const stalled = eventstoreError('EVENTSTORE_STALLED', 'Silent.');
    expect(failureOf(stalled)).toEqual({ error: stalled, retry: 'soon' });
    const invalid = eventstoreError('EVENTSTORE_POSITION_INVALID', 'No.');
    expect(failureOf(invalid)).toEqual({ error: invalid, retry: 'never' });
  });
});
