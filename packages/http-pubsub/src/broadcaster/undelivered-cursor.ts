import { httpPubsubError } from '../errors.ts';
import type { UndeliveredMessage } from './ports/dead-letters.ts';

/** Where one page of undelivered messages ends: the next one begins after it, by time of death and then by id. */
export type Place = Pick<UndeliveredMessage, 'id' | 'diedAt'>;

export function encodeCursor({ diedAt, id }: Place): string {
  return `${diedAt}:${id}`;
}

/** Throws PUBSUB_OPTIONS. */
export function decodeCursor(cursor: string): Place {
  const [, diedAt, id] = /^(\d{1,16}):(.+)$/s.exec(cursor) ?? [];
  if (diedAt !== undefined && id !== undefined) return { diedAt: Number(diedAt), id };
  throw httpPubsubError('PUBSUB_OPTIONS', 'The cursor is none that a list of undelivered messages gave.');
}
