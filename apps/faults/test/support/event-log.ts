import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './ledger.ts';

/** What a worker read at one go. */
export interface Read {
  readonly worker: string;
  /** Of its ownership, where there is one. */
  readonly fence: number;
}

/** A log of events in a file, which remembers its readers. */
export interface EventLog {
  readonly path: string;
  append(count: number): void;
  readonly published: readonly string[];
  /** In the order in which they happened, of all workers. */
  reads(): readonly Read[];
}

export function openEventLog(): EventLog {
  const path = join(temporaryFolder(), 'log.db');
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = normal;
    PRAGMA busy_timeout = 5000;
    CREATE TABLE events (position INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
    CREATE TABLE reads (
      row INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT NOT NULL, fence INTEGER NOT NULL, position INTEGER NOT NULL
    ) STRICT`);
  const insert = database.prepare('INSERT INTO events (position, id) VALUES (?, ?)');
  const published: string[] = [];
  return {
    path,
    append(count) {
      database.exec('BEGIN');
      for (let appended = 0; appended < count; appended += 1) {
        const id = `order-${published.length + 1}`;
        published.push(id);
        insert.run(published.length, id);
      }
      database.exec('COMMIT');
    },
    published,
    reads: () =>
      database
        .prepare('SELECT worker, fence FROM reads ORDER BY row')
        .all()
        .map((row) => ({ worker: String(row['worker']), fence: Number(row['fence']) })),
  };
}
