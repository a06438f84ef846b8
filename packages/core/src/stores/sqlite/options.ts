import type { Clock } from '../../clock.ts';
import { systemClock } from '../../clock.ts';
import { MillraceError } from '../../errors.ts';
import { defaultAbandonedRetention } from '../claim-record.ts';
import type { Durability } from './open-database.ts';

export interface SqliteStoreOptions {
  /** Of the database file, on a local disk. It is made when there is none; its directory is not. */
  readonly path: string;
  /**
   * What a resolved call survives. `full`: also a power cut. `normal`, which is faster: a crash of this process, while
   * a power cut or a crash of the system may undo the last moments, so that events of that time are handled again.
   * Dead letters are always stored with `full`.
   * @default 'full'
   */
  readonly durability?: Durability;
  /**
   * How long to try for a lock that another connection holds before failing with STORE_UNAVAILABLE, in milliseconds.
   * @default 5_000
   */
  readonly busyTimeout?: number;
  /**
   * How long a key that never got done is remembered, with its fence and attempts, after its lease ran out or it
   * was released, in milliseconds. Make it longer than the broker keeps a message.
   * @default 1_209_600_000 (14 days)
   */
  readonly abandonedRetention?: number;
  /**
   * Where the time of leases and retentions comes from. All processes on one file need the same.
   * @default the system's
   */
  readonly clock?: Clock;
}

/** Fills in the defaults. Throws CONSUMER_OPTIONS for what SQLite would silently take for something else. */
export function readOptions(pathOrOptions: string | SqliteStoreOptions): Required<SqliteStoreOptions> {
  const options = typeof pathOrOptions === 'string' ? { path: pathOrOptions } : pathOrOptions;
  const { path, durability = 'full', busyTimeout = 5_000 } = options;
  const { abandonedRetention = defaultAbandonedRetention, clock = systemClock } = options;
  if (typeof path !== 'string') throw invalid('path', 'the path of a file');
  if (!['full', 'normal'].includes(durability)) throw invalid('durability', "'full' or 'normal'");
  if (!(busyTimeout >= 0 && busyTimeout <= longestTimeout)) {
    throw invalid('busyTimeout', `a number of milliseconds from 0 to ${longestTimeout}`);
  }
  if (!(abandonedRetention > 0)) throw invalid('abandonedRetention', 'a number of milliseconds above 0');
  return { path, durability, busyTimeout, abandonedRetention, clock };
}

/** SQLite takes a timeout as a 32-bit number: https://www.sqlite.org/c3ref/busy_timeout.html */
const longestTimeout = 2 ** 31 - 1;

function invalid(option: string, expected: string): MillraceError {
  return new MillraceError('CONSUMER_OPTIONS', `sqliteStore: "${option}" has to be ${expected}.`);
}
