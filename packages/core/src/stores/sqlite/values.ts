/** Times in whole milliseconds, as an INTEGER column takes them; "for ever" becomes the largest there is. */
export function toInstant(milliseconds: number): number {
  return Math.min(Math.round(milliseconds), Number.MAX_SAFE_INTEGER);
}

const quoted = 'json:';

/**
 * A key as SQLite can keep it. Text is UTF-8 there, where all lone surrogates become the same U+FFFD: two ids that
 * differ in them alone would be one, and the second event would be taken for a duplicate.
 */
export function toKey(text: string): string {
  return text.isWellFormed() && !text.startsWith(quoted) ? text : quoted + JSON.stringify(text);
}
