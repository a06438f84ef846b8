import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { wait } from '../../clock.ts';
import { isBusy, storeError } from './errors.ts';
import type { DatabaseSettings } from './open-database.ts';
import { setDurability } from './open-database.ts';
import { immediately } from './transactions.ts';

/** One connection for asynchronous use: calls run one after another, each in one go. */
export interface Connection {
  readonly database: DatabaseSync;
  readonly path: string;
  read<T>(work: () => T): Promise<T>;
  /** In one transaction: all of it or nothing. */
  write<T>(work: () => T): Promise<T>;
  /** Like `write`, and on the disk when it resolves, whatever the durability of the store. */
  writeThrough<T>(work: () => T): Promise<T>;
}

/** The longest pause between two tries for a lock, in milliseconds. */
const longestPause = 20;

/**
 * Waiting for another process's lock must not stop the event loop, where heartbeats and leases are kept. So SQLite
 * answers BUSY at once here, and the pause before the next try is asynchronous.
 */
export function connect(database: DatabaseSync, settings: DatabaseSettings, clock: Clock): Connection {
  const { path, durability, busyTimeout } = settings;
  database.exec('PRAGMA busy_timeout = 0');
  let last: Promise<unknown> = Promise.resolve();

  async function whenFree<T>(work: () => T): Promise<T> {
    const giveUpAt = clock.monotonic() + busyTimeout;
    for (let pause = 1; ; pause = Math.min(2 * pause, longestPause)) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || clock.monotonic() >= giveUpAt) throw storeError(error, path);
      }
      await wait(clock, pause);
    }
  }

  function inTurn<T>(work: () => T): Promise<T> {
    const result = last.then(() => whenFree(work));
    last = result.catch(() => undefined);
    return result;
  }

  const write = <T>(work: () => T) => inTurn(() => immediately(database, work));

  return {
    database,
    path,
    read: inTurn,
    write,
    writeThrough: durability === 'full' ? write : (work) => inTurn(() => synced(database, work)),
  };
}

/** The sync of one commit covers all that was written to the log before it. */
function synced<T>(database: DatabaseSync, work: () => T): T {
  setDurability(database, 'full');
  try {
    return immediately(database, work);
  } finally {
    setDurability(database, 'normal');
  }
}
