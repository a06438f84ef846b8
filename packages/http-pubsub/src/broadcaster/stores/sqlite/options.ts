import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { optionChecks } from '../../../option-checks.ts';
import type { GlobDialect } from '../../../wire/glob/glob.ts';

export interface SqliteBroadcasterStoreOptions {
  /** Of the database file, on a local disk. It is made when there is none; its directory is not. */
  readonly path: string;
  /**
   * What a resolved call survives. `full`: also a power cut. `normal`, which is faster: a crash of this process, while a power
   * cut may undo the last moments.
   * @default 'full'
   */
  readonly durability?: 'full' | 'normal';
  /**
   * Milliseconds to try for a lock that another process holds.
   * @default 5000
   */
  readonly busyTimeout?: number;
  /**
   * All broadcasters on one file need the same.
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
   * Bytes of the bodies that wait, are logged, or are dead letters.
   * @default 10_737_418_240, which are 10 GiB
   */
  readonly maxBytes?: number;
  /**
   * Where the time of leases comes from. All processes on one file need the same.
   * @default the system's
   */
  readonly clock?: Clock;
}

/** Fills in the defaults. Throws PUBSUB_OPTIONS. */
export function readOptions(
  given: string | SqliteBroadcasterStoreOptions,
): Required<SqliteBroadcasterStoreOptions> {
  const check = optionChecks('sqliteBroadcasterStore');
  const options = typeof given === 'string' ? { path: given } : given;
  const {
    path,
    durability = 'full',
    busyTimeout = 5_000,
    dialect = 'segments',
    clock = systemClock,
  } = options;
  check.oneOf('dialect', dialect, ['segments', 'fnmatch', 'sqlite']);
  const { maxSubscriptions = 100_000, maxDeliveries = 1_000_000, maxBytes = 10 * 2 ** 30 } = options;
  if (typeof path !== 'string' || path === '' || path === ':memory:' || path.startsWith('file:')) {
    check.fail('"path" must be that of a file; in memory there is memoryBroadcasterStore()');
  }
  check.oneOf('durability', durability, ['full', 'normal']);
  check.wholeNumbers('', { busyTimeout, maxSubscriptions, maxDeliveries, maxBytes }, 0);
  return { path, durability, busyTimeout, dialect, clock, maxSubscriptions, maxDeliveries, maxBytes };
}
