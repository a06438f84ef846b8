import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { optionChecks } from '../../../option-checks.ts';
import type { RedisClient } from '../../../guards/redis-client.ts';
import type { GlobDialect } from '../../../wire/glob/glob.ts';

export interface RedisBroadcasterStoreOptions {
  /** Of `ioredis`: a `Redis` or a `Cluster`. It stays yours to close. */
  readonly client: RedisClient;
  /**
   * The start of every key. Broadcasters with different prefixes do not see each other.
   * @default 'millrace-pubsub'
   */
  readonly prefix?: string;
  /**
   * Milliseconds until Redis counts as not answering.
   * @default 2000
   */
  readonly timeout?: number;
  /**
   * All broadcasters with one prefix need the same.
   * @default 'segments'
   */
  readonly dialect?: GlobDialect;
  /**
   * Subscriptions of all URLs together.
   * @default 100_000
   */
  readonly maxSubscriptions?: number;
  /**
   * Deliveries that wait, hints and dead letters together.
   * @default 1_000_000
   */
  readonly maxDeliveries?: number;
  /**
   * Bytes of the bodies that wait, are logged, or are dead letters. They are in Redis' memory.
   * @default 1_073_741_824, which is 1 GiB
   */
  readonly maxBytes?: number;
  /**
   * Measures how long Redis takes. The time of leases is that of Redis.
   * @default the system's
   */
  readonly clock?: Clock;
}

/** Fills in the defaults. Throws PUBSUB_OPTIONS. */
export function readOptions(options: RedisBroadcasterStoreOptions): Required<RedisBroadcasterStoreOptions> {
  const check = optionChecks('redisBroadcasterStore');
  const {
    client,
    prefix = 'millrace-pubsub',
    timeout = 2_000,
    dialect = 'segments',
    clock = systemClock,
  } = options;
  check.oneOf('dialect', dialect, ['segments', 'fnmatch', 'sqlite']);
  const { maxSubscriptions = 100_000, maxDeliveries = 1_000_000, maxBytes = 2 ** 30 } = options;
  if (typeof client?.callBuffer !== 'function') check.fail('"client" must be a client of ioredis');
  if (typeof prefix !== 'string' || prefix === '' || /[{}]/.test(prefix)) {
    check.fail('"prefix" must be a text that is not empty and has no braces');
  }
  check.wholeNumbers('', { timeout, maxSubscriptions, maxDeliveries, maxBytes }, 0);
  return { client, prefix, timeout, dialect, clock, maxSubscriptions, maxDeliveries, maxBytes };
}
