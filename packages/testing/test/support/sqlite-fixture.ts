import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IdempotencyStore } from '@millrace/core';
import type { SqliteStore, SqliteStoreOptions } from '@millrace/core/sqlite';
import { sqliteStore } from '@millrace/core/sqlite';
import type { LeaseFixture, TransactionFixture } from '@millrace/testing';
import { manualClock } from '@millrace/testing';

type Settings = Pick<SqliteStoreOptions, 'durability'>;

export async function sqliteFixture(settings: Settings = {}): Promise<LeaseFixture<SqliteStore>> {
  const { open, advance, close } = emptyFile(settings);
  return { store: open(), connect: async () => open(), advance, close };
}

export async function sqliteTransactionFixture(
  settings: Settings = {},
  change: (store: SqliteStore['idempotency']) => IdempotencyStore = (store) => store,
): Promise<TransactionFixture> {
  const { open, advance, close } = emptyFile(settings);
  const { database, idempotency } = open();
  database.exec('CREATE TABLE effects (name TEXT)');
  const insert = database.prepare('INSERT INTO effects VALUES (?)');
  return {
    store: change(idempotency),
    advance,
    close,
    async begin() {
      database.exec('BEGIN IMMEDIATE');
      return {
        handle: database,
        writeEffect: async (name) => void insert.run(name),
        commit: async () => database.exec('COMMIT'),
        rollBack: async () => database.exec('ROLLBACK'),
      };
    },
    async effects() {
      const rows = open().database.prepare('SELECT name FROM effects ORDER BY rowid').all();
      return rows.map((row) => String(row['name']));
    },
  };
}

function emptyFile(settings: Settings) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-'));
  const clock = manualClock();
  const opened: SqliteStore[] = [];
  return {
    advance: clock.advance,
    open() {
      const store = sqliteStore({ ...settings, path: join(directory, 'store.db'), clock });
      opened.push(store);
      return store;
    },
    async close() {
      for (const store of opened) store.close();
      rmSync(directory, { recursive: true });
    },
  };
}
