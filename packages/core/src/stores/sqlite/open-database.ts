import type { DatabaseSync } from 'node:sqlite';
import { MillraceError } from '../../errors.ts';
import { isBusy, storeError } from './errors.ts';
import { nodeSqlite } from './node-sqlite.ts';

export type Durability = 'full' | 'normal';

export interface DatabaseSettings {
  readonly path: string;
  readonly durability: Durability;
  /** Milliseconds. */
  readonly busyTimeout: number;
}

/** Opens a connection in WAL mode. It waits, blocking, for locks: connections for asynchronous use turn that off. */
export function openDatabase({ path, durability, busyTimeout }: DatabaseSettings): DatabaseSync {
  const { DatabaseSync } = nodeSqlite();
  let database: DatabaseSync | undefined;
  try {
    refuseUri(path);
    database = new DatabaseSync(path);
    requireFile(database);
    database.exec(`PRAGMA busy_timeout = ${Math.round(busyTimeout)}`);
    useWriteAheadLog(database, path, busyTimeout);
    setDurability(database, durability);
    return database;
  } catch (error) {
    if (database !== undefined) closeDatabase(database);
    throw storeError(error, path);
  }
}

/** Node 22.13 takes a URI for the name of a file, later ones for what it says. */
function refuseUri(path: string): void {
  if (!path.startsWith('file:')) return;
  throw new MillraceError(
    'CONSUMER_OPTIONS',
    'sqliteStore takes the plain path of a file, not a URI. For a store in memory use memoryStore().',
  );
}

/** The file of a connection as SQLite resolved it, links included. Empty for a database in memory. */
export function mainFile(database: DatabaseSync): string {
  const databases = database.prepare('PRAGMA database_list').all();
  return String(databases.find(({ name }) => name === 'main')?.['file'] ?? '');
}

function requireFile(database: DatabaseSync): void {
  if (mainFile(database) !== '') return;
  throw new MillraceError(
    'CONSUMER_OPTIONS',
    'sqliteStore needs the path of a file, which several connections can share. For a store in memory use memoryStore().',
  );
}

/**
 * `full` syncs the log with each commit: what is committed survives a power cut. `normal` syncs at checkpoints only:
 * the file stays sound, but the last commits may be gone. https://www.sqlite.org/pragma.html#pragma_synchronous
 */
export function setDurability(database: DatabaseSync, durability: Durability): void {
  database.exec(`PRAGMA synchronous = ${durability}`);
}

export function closeDatabase(database: DatabaseSync): void {
  try {
    database.close();
  } catch {
    // Somebody has closed it before.
  }
}

/** SQLite answers BUSY at once, whatever busy_timeout says, while another process does the same to a new file. */
function useWriteAheadLog(database: DatabaseSync, path: string, busyTimeout: number): void {
  const giveUpAt = performance.now() + busyTimeout;
  for (;;) {
    try {
      const mode = database.prepare('PRAGMA journal_mode = WAL').get()?.['journal_mode'];
      if (mode === 'wal') return;
      throw new MillraceError(
        'STORE_UNAVAILABLE',
        `The file system of ${path} does not support SQLite's write-ahead log: put the file on a local disk.`,
      );
    } catch (error) {
      if (!isBusy(error) || performance.now() >= giveUpAt) throw error;
      blockFor(5);
    }
  }
}

function blockFor(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
