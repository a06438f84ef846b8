import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../clock.ts';
import { connect } from './connection.ts';
import { storeError } from './errors.ts';
import type { DatabaseSettings } from './open-database.ts';
import { closeDatabase, openDatabase } from './open-database.ts';
import type { Schema } from './schema.ts';
import { prepareSchema } from './schema.ts';

/** A connection to tables of a package's own. Calls run one after another, and reject with STORE_UNAVAILABLE or STORE_CORRUPT. */
export interface SqliteConnection {
  readonly database: DatabaseSync;
  read<T>(work: () => T): Promise<T>;
  /** In one transaction: all of it or nothing. */
  write<T>(work: () => T): Promise<T>;
  /** Calls made later reject. Closing twice does nothing. */
  close(): void;
}

/**
 * Opens a file as `sqliteStore` does: with a write-ahead log, and so that waiting for another process's lock does not block.
 * Throws CONSUMER_OPTIONS for what is no path of a file, STORE_CORRUPT and STORE_UNAVAILABLE.
 */
export function openSqlite(settings: DatabaseSettings, schema: Schema, clock: Clock): SqliteConnection {
  const database = openDatabase(settings);
  try {
    prepareSchema(database, settings.path, schema);
    const { read, write } = connect(database, settings, clock);
    return { database, read, write, close: () => closeDatabase(database) };
  } catch (error) {
    closeDatabase(database);
    throw storeError(error, settings.path);
  }
}
