import type { Clock, Logger } from '@millrace/core';
import { defaultAbandonedRetention, systemClock } from '@millrace/core';
import { redisError } from './errors.ts';

/** What all stores of this package take. */
export interface CommonOptions {
  /**
   * The start of every key in Redis. Services with different prefixes do not see each other.
   * @default 'millrace'
   */
  readonly prefix?: string;
  /**
   * Milliseconds after which a node that did not answer counts as not reached.
   * @default 250
   */
  readonly timeout?: number;
  /**
   * Milliseconds that connecting may take.
   * @default 1_000
   */
  readonly connectTimeout?: number;
  /**
   * How long a key that never got done is remembered, with its fence and attempts, after its lease ran out or it
   * was released, in milliseconds. Make it longer than the broker keeps a message.
   * @default 1_209_600_000 (14 days)
   */
  readonly abandonedRetention?: number;
  /**
   * Gets the warnings of `verify` once, when the store is made.
   * @default none
   */
  readonly log?: Logger;
  /**
   * Measures how long a claim took. The time of leases is the servers'.
   * @default the system's
   */
  readonly clock?: Clock;
  /**
   * For the random pause after a split vote.
   * @default Math.random
   */
  readonly random?: () => number;
}

export interface Settings {
  readonly prefix: string;
  readonly timeout: number;
  readonly connectTimeout: number;
  readonly abandonedRetention: number;
  readonly log: Logger | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Fills in the defaults. Throws REDIS_OPTIONS. */
export function readOptions(options: CommonOptions): Settings {
  const { prefix = 'millrace', timeout = 250, connectTimeout = 1_000, log } = options;
  const {
    abandonedRetention = defaultAbandonedRetention,
    clock = systemClock,
    random = Math.random,
  } = options;
  demandMilliseconds('timeout', timeout, longestTimer);
  demandMilliseconds('connectTimeout', connectTimeout, longestTimer);
  demandMilliseconds('abandonedRetention', abandonedRetention, Infinity);
  return { prefix, timeout, connectTimeout, abandonedRetention, log, clock, random };
}

/** Told to wait longer, about 24.8 days, `setTimeout` fires at once. */
const longestTimer = 2 ** 31 - 1;

function demandMilliseconds(option: string, value: number, most: number): void {
  if (typeof value === 'number' && value >= 1 && value <= most) return;
  throw redisError(
    'REDIS_OPTIONS',
    `"${option}" must be a number of milliseconds from 1${most < Infinity ? ` to ${most}` : ''}.`,
  );
}
