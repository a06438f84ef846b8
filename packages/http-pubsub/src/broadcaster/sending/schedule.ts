/** How often and when a message is tried again. */
export interface RedeliveryOptions {
  /**
   * Times after the first one. 0: never.
   * @default 3
   */
  readonly tries?: number;
  /**
   * Milliseconds before the first of them; half of it to all of it, at random.
   * @default 2_000
   */
  readonly delay?: number;
  /**
   * How many times longer each further delay is.
   * @default 3
   */
  readonly factor?: number;
  /**
   * Milliseconds of the longest delay. A subscriber that asks for more by `Retry-After` gets it.
   * @default 60_000
   */
  readonly maxDelay?: number;
}

export type Redelivery = Required<RedeliveryOptions>;

export const defaultRedelivery: Redelivery = { tries: 3, delay: 2_000, factor: 3, maxDelay: 60_000 };

/** Milliseconds until the next try, after so many; undefined: that was the last one. */
export function nextTry(
  { tries, delay, factor, maxDelay }: Redelivery,
  attempts: number,
  random: () => number,
  retryAfter = 0,
): number | undefined {
  if (attempts > tries) return undefined;
  const bound = Math.min(maxDelay, delay * factor ** Math.max(0, attempts - 1));
  return Math.max(retryAfter, bound / 2 + (random() * bound) / 2);
}

/** Tells of a hint. The protocol's own. */
export const mostHintTries = 20;

/** Milliseconds before the try that follows so many, as lonelyps means it: up to 17 minutes. */
export function nextHint(attempts: number, random: () => number): number {
  return 1_000 * (2 ** Math.min(10, attempts) + 1 + 2 * random());
}
