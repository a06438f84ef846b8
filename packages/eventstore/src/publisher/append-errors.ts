import type { MillraceError } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { EventstoreError, EventstoreErrorCode } from '../errors.ts';
import { eventstoreError } from '../errors.ts';
import { failureOf } from '../failure.ts';
import type { ExpectedRevision } from './event.ts';

/** The stream stands elsewhere than `expectedRevision` says. */
export type WrongRevisionError = MillraceError<'EVENTSTORE_WRONG_REVISION'> & {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  /** Revision of the stream's last event; undefined when the client does not tell. */
  readonly actual: bigint | 'noStream' | undefined;
};

export function isWrongRevisionError(error: unknown): error is WrongRevisionError {
  return isMillraceError(error, 'EVENTSTORE_WRONG_REVISION') && 'actual' in error;
}

export function wrongRevision(
  stream: string,
  expected: ExpectedRevision,
  actual: WrongRevisionError['actual'],
  cause?: unknown,
): EventstoreError {
  const stands =
    actual === undefined
      ? 'stands elsewhere'
      : actual === 'noStream'
        ? 'does not exist'
        : `is at revision ${actual}`;
  const text = `Nothing was appended to stream "${stream}": it ${stands}, and ${expected} was expected. Read what came in between, then publish again.`;
  return Object.assign(eventstoreError('EVENTSTORE_WRONG_REVISION', text, cause), {
    stream,
    expected,
    actual,
  });
}

/** What the clients put on their errors. The class says little: they give one status different ones. */
interface ClientError {
  readonly type?: unknown;
  /** gRPC status. */
  readonly code?: unknown;
  readonly message?: unknown;
  /** The stream's state: of `@kurrent/kurrentdb-client`. */
  readonly actualState?: unknown;
  /** The same: of `@eventstore/db-client`. */
  readonly actualVersion?: unknown;
}

const invalidArgument = 3;
const resourceExhausted = 8;
const outOfRange = 11;

/** What an append failed with, in our words. */
export function fromAppendError(error: unknown, stream: string, expected: ExpectedRevision): EventstoreError {
  const { type, code, message, actualState, actualVersion }: ClientError =
    typeof error === 'object' && error !== null ? error : {};
  const said = typeof message === 'string' ? message : String(error);
  switch (type) {
    case 'wrong-expected-version':
      return wrongRevision(stream, expected, toActual(actualState ?? actualVersion), error);
    case 'maximum-append-size-exceeded':
    case 'append-record-size-exceeded':
    case 'transaction-max-size-exceeded':
      return tooLarge(stream, said, error);
  }
  switch (code) {
    case resourceExhausted:
      return tooLarge(stream, said, error);
    case invalidArgument:
    case outOfRange:
      return eventstoreError(
        'EVENTSTORE_PUBLISH_FAILED',
        `Nothing was appended to stream "${stream}": the server refused it: ${said}`,
        error,
      );
  }
  const { error: reason } = failureOf(error);
  return isWorthAnotherTry(reason)
    ? unanswered(stream, reason.message, reason.code, error)
    : eventstoreError(reason.code, `Nothing was appended to stream "${stream}". ${reason.message}`, error);
}

export function isWorthAnotherTry(error: unknown): boolean {
  return (
    isMillraceError(error, 'EVENTSTORE_UNREACHABLE') || isMillraceError(error, 'EVENTSTORE_SERVER_FAULT')
  );
}

export function unanswered(
  stream: string,
  reason: string,
  code: EventstoreErrorCode = 'EVENTSTORE_UNREACHABLE',
  cause?: unknown,
): EventstoreError {
  return eventstoreError(
    code,
    `It is not known whether stream "${stream}" was appended to: ${reason.replace(/\.$/, '')}. Publish again with the same ids: what is there already is kept once.`,
    cause,
  );
}

function tooLarge(stream: string, said: string, cause: unknown): EventstoreError {
  return eventstoreError(
    'EVENTSTORE_EVENT_INVALID',
    `Nothing was appended to stream "${stream}": the events are larger than the server takes in one append (${said}). Publish fewer at once, or smaller ones.`,
    cause,
  );
}

function toActual(state: unknown): WrongRevisionError['actual'] {
  if (typeof state === 'bigint') return state;
  return state === 'no_stream' ? 'noStream' : undefined;
}
