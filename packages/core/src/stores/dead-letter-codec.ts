import { MillraceError } from '../errors.ts';
import type { Headers, HeaderValue } from '../message.ts';
import type { DeadLetter } from '../ports/dead-letter-store.ts';
import { isCarriable, parseTagged, stringifyTagged } from './tagged-json.ts';

/**
 * One dead letter as text, for stores that keep text. Never fails: decoded data that JSON can't carry is left out
 * (`data` reads back as undefined), since `raw` holds the payload as received; a header that can't be becomes null.
 */
export function encodeDeadLetter(letter: DeadLetter): string {
  const { data, headers } = letter.message;
  return stringifyTagged({
    ...letter,
    message: {
      ...letter.message,
      data: isCarriable(data) ? data : undefined,
      headers: carriableHeaders(headers),
    },
  });
}

/** Throws STORE_CORRUPT when the text was not made by `encodeDeadLetter`. */
export function decodeDeadLetter(text: string): DeadLetter {
  try {
    const letter = parseTagged(text) as DeadLetter;
    return { ...letter, message: { ...letter.message, headers: withoutPrototype(letter.message.headers) } };
  } catch (cause) {
    throw new MillraceError(
      'STORE_CORRUPT',
      'A stored dead letter can not be read: its text was changed, or written by a newer version of @millrace/core.',
      { cause },
    );
  }
}

function carriableHeaders(headers: Headers): Headers {
  const kept = Object.entries(headers).map(
    ([name, value]) => [name, isCarriable(value) ? value : null] as const,
  );
  return Object.fromEntries<HeaderValue>(kept);
}

function withoutPrototype(headers: Headers): Headers {
  return Object.assign(Object.create(null) as Record<string, HeaderValue>, headers);
}
