export interface RetryOptions {
  /**
   * Runs of a handler for one event before it is dead-lettered, the first included.
   * @default 5
   */
  readonly attempts?: number;
  /**
   * Upper bound of the first delay, in milliseconds. A delay is drawn evenly between 0 and its bound (full jitter).
   * @default 1_000
   */
  readonly delay?: number;
  /**
   * What the bound grows by with each attempt.
   * @default 2
   */
  readonly factor?: number;
  /**
   * The bound never grows beyond this, in milliseconds.
   * @default 60_000
   */
  readonly maxDelay?: number;
  /**
   * Which errors are worth another attempt; the others are dead-lettered at once.
   * @default all of them
   */
  readonly retryable?: (error: unknown) => boolean;
  /**
   * `broker`: the message goes back and comes again. `in-place`: it stays, its lane waits, its lease is extended.
   * @default `broker` where the broker waits as told, else `in-place`
   */
  readonly where?: 'broker' | 'in-place';
}
