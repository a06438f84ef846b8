import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';

export interface Effect {
  readonly id: string;
  readonly worker: string;
  readonly fence: number;
}

/** A database file with a table for effects, seen by plain SQL on a connection of its own. */
export interface Ledger {
  readonly path: string;
  readonly database: DatabaseSync;
  /** In the order in which they were committed. */
  effects(): readonly Effect[];
  ids(): readonly string[];
  deadLettered(): readonly string[];
}

/** Nothing is unique in the table: an effect that happens twice has to show up as two rows. */
export function openLedger(folder = temporaryFolder()): Ledger {
  const path = join(folder, 'ledger.db');
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE effects (
      row INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, worker TEXT NOT NULL, fence INTEGER NOT NULL
    ) STRICT`);
  const effects = (): readonly Effect[] =>
    database
      .prepare('SELECT id, worker, fence FROM effects ORDER BY row')
      .all()
      .map((row) => ({
        id: String(row['id']),
        worker: String(row['worker']),
        fence: Number(row['fence']),
      }));
  return {
    path,
    database,
    effects,
    ids: () => effects().map(({ id }) => id),
    deadLettered: () =>
      database
        .prepare('SELECT message_id FROM millrace_dead_letters')
        .all()
        .map((row) => String(row['message_id'])),
  };
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-faults-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
