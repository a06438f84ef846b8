import type { DeadLetter, DeadLetterCursor, DeadLetterQuery } from '@millrace/core';
import { exact } from '../keys.ts';

/** Where a letter stands in time: 16 digits, so that places sort as texts. Whole milliseconds, and none before 1970. */
export function placeOf(diedAt: number): string {
  const whole = Math.min(Math.max(Math.floor(diedAt), 0), Number.MAX_SAFE_INTEGER);
  return String(whole).padStart(16, '0');
}

/** As it stands in the order. */
export function memberOf({ diedAt, id }: DeadLetterCursor): string {
  return `${placeOf(diedAt)}:${exact(id)}`;
}

/** What to read of the order, as ZRANGEBYLEX takes it: from `since` or after a member, until `before`. */
export function boundsOf(
  { since, before }: DeadLetterQuery,
  after: string | undefined,
): readonly [string, string] {
  const start = since === undefined ? '' : placeOf(since);
  const end = before === undefined ? '+' : `(${placeOf(Math.ceil(before))}`;
  if (after !== undefined && after > start) return [`(${after}`, end];
  return [start === '' ? '-' : `[${start}`, end];
}

/** By the bytes that are kept, as Redis sorts. */
export function byMember(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function matches(letter: DeadLetter, query: DeadLetterQuery): boolean {
  const { consumer, source, handler, reason, diedAt, message } = letter;
  return (
    (query.consumer ?? consumer) === consumer &&
    (query.source ?? source) === source &&
    (query.handler ?? handler) === handler &&
    (query.type ?? message.type) === message.type &&
    (query.reason ?? reason) === reason &&
    diedAt >= (query.since ?? -Infinity) &&
    diedAt < (query.before ?? Infinity)
  );
}
