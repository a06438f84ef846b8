import { MillraceError } from './errors.ts';
import type { OptionChecks } from './option-checks.ts';
import type { RetryOptions } from './retry.ts';
import type { Capabilities } from './source.ts';

/** A retry policy made ready for one handler on one source. */
export interface RetryPolicy {
  readonly attempts: number;
  readonly where: 'broker' | 'in-place';
  retryable(error: unknown): boolean;
  /** Milliseconds to wait after the given attempt (from 1). */
  delayAfter(attempt: number): number;
  /** The longest that all delays together can take, in milliseconds. */
  readonly longest: number;
}

/** Throws what `check` makes of a policy that can't be followed. */
export function checkRetryOptions(check: OptionChecks, options: RetryOptions | undefined): void {
  check.object('"retry"', options);
  if (options === undefined) return;
  check.wholeNumber('retry.attempts', options.attempts, 1);
  check.milliseconds('retry.delay', options.delay);
  check.milliseconds('retry.maxDelay', options.maxDelay);
  check.number('retry.factor', options.factor, 1);
  check.function('retry.retryable', options.retryable);
  check.oneOf('retry.where', options.where, ['broker', 'in-place']);
}

export function createRetryPolicy(
  options: RetryOptions,
  capabilities: Capabilities,
  { random, countsAttempts }: { readonly random: () => number; readonly countsAttempts: boolean },
): RetryPolicy {
  const { attempts = 5, delay = 1_000, factor = 2, maxDelay = 60_000, retryable = () => true } = options;
  // A power beyond the largest number is infinite, and no multiple of a delay of 0.
  const boundAfter = (attempt: number): number =>
    Math.min(maxDelay, delay * Math.min(factor ** (attempt - 1), Number.MAX_VALUE));
  const brokerWaits = capabilities.redelivery === 'delayed';
  const countable = countsAttempts || capabilities.deliveryCount === 'native';
  const where = options.where ?? (brokerWaits && countable ? 'broker' : 'in-place');
  const longestDelay = attempts > 1 ? boundAfter(attempts - 1) : 0;
  if (where === 'broker' && (capabilities.redelivery === 'none' || (!brokerWaits && longestDelay > 0))) {
    throw new MillraceError(
      'CAPABILITY_MISSING',
      'Retry "where: broker" needs a broker that delivers again after a delay, and this one does not. Use "in-place".',
    );
  }
  if (where === 'broker' && !countable) {
    throw new MillraceError(
      'CAPABILITY_MISSING',
      'Retry "where: broker" needs somebody who counts attempts, and this broker does not. Give the consumer an idempotency store, or use "in-place".',
    );
  }
  if (
    where === 'broker' &&
    capabilities.maxRetryDelay !== undefined &&
    longestDelay > capabilities.maxRetryDelay
  ) {
    throw new MillraceError(
      'RETRY_EXCEEDS_LEASE',
      `The retry schedule has a delay of ${longestDelay} ms, and the broker takes ${capabilities.maxRetryDelay} ms at most. Lower "maxDelay".`,
    );
  }
  return {
    attempts,
    where,
    retryable: (error) => isRetryable(retryable, error),
    delayAfter: (attempt) => random() * boundAfter(attempt),
    longest: sum(boundAfter, attempts - 1),
  };
}

/** A question that can't be answered is no reason to give up on an event. */
function isRetryable(retryable: (error: unknown) => boolean, error: unknown): boolean {
  try {
    return retryable(error);
  } catch {
    return true;
  }
}

/** Of the bounds after attempts 1 to `count`, which may be very many: all alike from where they stop growing. */
function sum(boundAfter: (attempt: number) => number, count: number): number {
  let total = 0;
  for (let attempt = 1; attempt <= count; attempt += 1) {
    const bound = boundAfter(attempt);
    if (bound === boundAfter(attempt + 1)) return total + bound * (count - attempt + 1);
    total += bound;
  }
  return total;
}
