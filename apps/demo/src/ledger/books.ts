import { DatabaseSync } from 'node:sqlite';
import type { Published } from '../broker/publisher.ts';
import type { Audit } from './audit.ts';
import { audit } from './audit.ts';
import { createTables } from './tables.ts';

/** The demo's own view of the database: plain SQL on a connection of its own, nothing of the framework in between. */
export interface Books {
  effects(): number;
  /** Handlers of the worker that have begun and not ended. */
  running(worker: string): number;
  /** How many of these events the worker has entered in the ledger. */
  entered(worker: string, eventIds: ReadonlySet<string>): number;
  audit(published: readonly Published[], restarts: number): Audit;
  close(): void;
}

export function openBooks(path: string): Books {
  const database = new DatabaseSync(path);
  database.exec('PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000');
  createTables(database);
  const effects = database.prepare('SELECT count(*) AS count FROM ledger');
  const running = database.prepare('SELECT count(*) AS count FROM runs WHERE worker = ? AND ended = 0');
  const entered = database.prepare('SELECT event_id FROM ledger WHERE worker = ?');
  const publish = database.prepare('INSERT INTO published (event_id, expected) VALUES (?, ?)');

  return {
    effects: () => Number(effects.get()?.['count']),
    running: (worker) => Number(running.get(worker)?.['count']),
    entered: (worker, eventIds) =>
      entered.all(worker).filter((row) => eventIds.has(String(row['event_id']))).length,
    audit(published, restarts) {
      database.exec('BEGIN');
      for (const { eventId, expected } of published) publish.run(eventId, expected);
      database.exec('COMMIT');
      return audit(database, restarts);
    },
    close: () => database.close(),
  };
}
