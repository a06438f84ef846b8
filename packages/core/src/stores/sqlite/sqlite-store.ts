import type { DatabaseSync } from 'node:sqlite';
import type { IdempotencyStore, TransactionalCompletion } from '../../ports/idempotency-store.ts';
import type { Store } from '../../ports/store.ts';
import { connect } from './connection.ts';
import { sqliteDeadLetters } from './dead-letters.ts';
import { storeError } from './errors.ts';
import { sqliteIdempotency } from './idempotency.ts';
import { closeDatabase, openDatabase } from './open-database.ts';
import type { SqliteStoreOptions } from './options.ts';
import { readOptions } from './options.ts';
import { sqliteOwnership } from './ownership.ts';
import { sqliteReplay } from './replay.ts';
import { prepareSchema, storeSchema } from './schema.ts';
import { userTransaction } from './user-transaction.ts';

export interface SqliteStore extends Store, Disposable, AsyncDisposable {
  readonly idempotency: IdempotencyStore & { readonly transactions: TransactionalCompletion };
  /** The connection that `transaction` uses; prepare statements on it. Tables of your own may live in the same file. */
  readonly database: DatabaseSync;
  /**
   * Runs `work` between BEGIN IMMEDIATE and COMMIT on `database` and returns what it returns; a throw rolls back and
   * comes through. Call `context.complete(database)` in it, and effect and "done" are stored together or not at all.
   *
   * `work` has to be synchronous: while it waited, statements of other handlers would slip into its transaction.
   * One that returns a promise is rolled back with TRANSACTION_UNSUPPORTED. Waiting for another process's lock
   * blocks, for `busyTimeout` at the most; then it throws STORE_UNAVAILABLE.
   */
  transaction<T>(work: (database: DatabaseSync) => T): T;
  /** Closes both connections. Calls made later fail with STORE_UNAVAILABLE. Closing twice does nothing. */
  close(): void;
}

/**
 * A store in one SQLite file, for one or several processes of one machine, by `node:sqlite` (Node 22.13, or 22.12 with
 * the flag --experimental-sqlite). The file uses SQLite's write-ahead log, so it must not be on a network drive.
 * SQLite works synchronously: each write keeps the event loop for as long as the disk takes to sync it.
 *
 * Throws STORE_CORRUPT when the file is not a database, is damaged, or was written by a newer version, and
 * STORE_UNAVAILABLE when it can't be opened.
 */
export function sqliteStore(pathOrOptions: string | SqliteStoreOptions): SqliteStore {
  const settings = readOptions(pathOrOptions);
  const { path, clock, abandonedRetention } = settings;
  const opened: DatabaseSync[] = [];
  const open = () => {
    const database = openDatabase(settings);
    opened.push(database);
    return database;
  };
  const close = () => opened.splice(0).forEach(closeDatabase);

  try {
    const database = open();
    prepareSchema(database, path, storeSchema);
    const connection = connect(open(), settings, clock);
    return {
      idempotency: sqliteIdempotency(connection, clock, abandonedRetention),
      replay: sqliteReplay(connection),
      deadLetters: sqliteDeadLetters(connection),
      ownership: sqliteOwnership(connection, clock),
      database,
      transaction: (work) => userTransaction(database, path, work),
      close,
      [Symbol.dispose]: close,
      [Symbol.asyncDispose]: async () => close(),
    };
  } catch (error) {
    close();
    throw storeError(error, path);
  }
}
