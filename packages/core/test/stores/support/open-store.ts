import { onTestFinished } from 'vitest';
import type { SqliteStore, SqliteStoreOptions } from '../../../src/sqlite.ts';
import { sqliteStore } from '../../../src/sqlite.ts';
import { databaseFile } from './database-file.ts';

/** A store that is closed at the end of the test; on a fresh file unless a path is given. */
export function openStore(
  options: Partial<SqliteStoreOptions> = {},
): SqliteStore & { readonly path: string } {
  const path = options.path ?? databaseFile();
  const store = sqliteStore({ ...options, path });
  onTestFinished(() => store.close());
  return { ...store, path };
}
