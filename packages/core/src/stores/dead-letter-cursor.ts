import { MillraceError } from '../errors.ts';
import type { DeadLetter } from '../ports/dead-letter-store.ts';

/** The place after which a page goes on. It names no row, so the letter it was made from may be gone by then. */
export interface DeadLetterCursor {
  readonly diedAt: number;
  readonly id: string;
}

export function encodeCursor({ diedAt, id }: DeadLetter): string {
  return `${diedAt}:${id}`;
}

export function decodeCursor(cursor: string): DeadLetterCursor {
  const [, diedAt, id] = /^(-?[\d.]+):([^]*)$/.exec(cursor) ?? [];
  if (diedAt === undefined || id === undefined) {
    throw new MillraceError(
      'CONSUMER_OPTIONS',
      `The cursor ${JSON.stringify(cursor)} was not made by list(): give back the "next" of the page before, unchanged.`,
    );
  }
  return { diedAt: Number(diedAt), id };
}
