/** Whole milliseconds between two calls of so many a minute. */
export function gapOf(rate: number): number {
  return Math.ceil(60_000 / rate);
}
