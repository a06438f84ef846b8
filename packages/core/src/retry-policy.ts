import { MillraceError } from './errors.ts';
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

export function createRetryPolicy(
  options: RetryOptions,
  capabilities: Capabilities,
  { random, countsAttempts }: { readonly random: () => number; readonly countsAttempts: boolean },
): RetryPolicy {
  const { attempts = 5, delay = 1_000, factor = 2, maxDelay = 60_000, retryable = () => true } = options;
  if (!Number.isInteger(attempts) || attempts < 1) throw invalid(`"attempts" must be a whole number from 1, not ${attempts}`);
  if (!(delay >= 0) || !(maxDelay >= 0)) throw invalid('"delay" and "maxDelay" must be milliseconds from 0');
  if (!(factor >= 1)) throw invalid(`"factor" must be at least 1, not ${factor}`);

  const boundAfter = (attempt: number): number => Math.min(maxDelay, delay * factor ** (attempt - 1));
  const brokerWaits = capabilities.redelivery === 'delayed';
  const countable = countsAttempts || capabilities.deliveryCount === 'native';
  const where = options.where ?? (brokerWaits && countable ? 'broker' : 'in-place');
  if (where === 'broker' && !brokerWaits && boundAfter(attempts) > 0) {
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
  const longestDelay = boundAfter(attempts - 1);
  if (where === 'broker' && capabilities.maxRetryDelay !== undefined && attempts > 1 && longestDelay > capabilities.maxRetryDelay) {
    throw new MillraceError(
      'RETRY_EXCEEDS_LEASE',
      `The retry schedule has a delay of ${longestDelay} ms, and the broker takes ${capabilities.maxRetryDelay} ms at most. Lower "maxDelay".`,
    );
  }
  let longest = 0;
  for (let attempt = 1; attempt < attempts; attempt += 1) longest += boundAfter(attempt);
  return { attempts, where, retryable, delayAfter: (attempt) => random() * boundAfter(attempt), longest };
}

function invalid(problem: string): MillraceError {
  return new MillraceError('HANDLER_OPTIONS', `Retry options: ${problem}.`);
}
