import { textIn } from './payload.ts';

/**
 * Decodes what mostly is the same as the last time, as the names of events are. Comparing is faster than decoding, and so is
 * all that is looked up by a text that is the same one.
 */
export class LastText {
  #bytes: Buffer | undefined;
  #text: string | undefined;

  /** Undefined: the bytes are no text in UTF-8. */
  in(bytes: Buffer): string | undefined {
    if (this.#bytes === undefined || !isSame(this.#bytes, bytes)) {
      this.#bytes = bytes;
      this.#text = textIn(bytes);
    }
    return this.#text;
  }
}

/** Names are short: a loop is faster than a call of `Buffer.equals`. */
function isSame(one: Buffer, other: Buffer): boolean {
  const { length } = one;
  if (other.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (one[index] !== other[index]) return false;
  return true;
}
