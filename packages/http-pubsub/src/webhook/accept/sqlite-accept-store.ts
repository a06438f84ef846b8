import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { openSqlite } from '@millrace/core/sqlite';
import { httpPubsubError } from '../../errors.ts';
import type { AcceptStore, KeptEvent } from './store.ts';

export interface SqliteAcceptStoreOptions {
  /** Of the database file, on a local disk; it is made when there is none. It may be that of other stores too. */
  readonly path: string;
  /**
   * Milliseconds to try for a lock that another process holds.
   * @default 5_000
   */
  readonly busyTimeout?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

export interface SqliteAcceptStore extends AcceptStore, Disposable {
  /** Calls made later reject. Closing twice does nothing. */
  close(): void;
}

const schema = {
  table: 'millrace_accepted_webhooks_schema',
  version: 1,
  owner: '@millrace/http-pubsub',
  tables: `
    CREATE TABLE millrace_accepted_webhooks_schema (version INTEGER NOT NULL) STRICT;
    INSERT INTO millrace_accepted_webhooks_schema VALUES (1);
    CREATE TABLE millrace_accepted_webhooks (
      queue TEXT NOT NULL,
      id TEXT NOT NULL,
      due_at INTEGER NOT NULL,
      event BLOB NOT NULL,
      PRIMARY KEY (queue, id)
    ) STRICT;
    CREATE INDEX millrace_accepted_webhooks_by_due ON millrace_accepted_webhooks (queue, due_at);
  `,
};

/**
 * Accepted events in a SQLite file, by `node:sqlite`. What was accepted survives a power cut. Throws PUBSUB_OPTIONS,
 * STORE_UNAVAILABLE or STORE_CORRUPT.
 */
export function sqliteAcceptStore(pathOrOptions: string | SqliteAcceptStoreOptions): SqliteAcceptStore {
  const options = typeof pathOrOptions === 'string' ? { path: pathOrOptions } : pathOrOptions;
  const { path, busyTimeout = 5_000, clock = systemClock } = options;
  if (typeof path !== 'string' || path === '' || path.startsWith('file:') || path === ':memory:')
    throw httpPubsubError('PUBSUB_OPTIONS', 'sqliteAcceptStore: "path" has to be that of a file.');
  // Whoever is told 202 does not send again: never less than `full`.
  const { database, read, write, close } = openSqlite(
    { path, durability: 'full', busyTimeout },
    schema,
    clock,
  );
  const { insert, selectDue, selectNext, update, remove, count } = statements(database);

  return {
    put: (queue, events) =>
      write(() => {
        const changes = events.map(({ id, dueAt, bytes }) => insert.run(queue, id, Math.round(dueAt), bytes));
        return changes.reduce((sum, it) => sum + Number(it.changes), 0);
      }),
    due: (queue, now, limit) => read(() => selectDue.all(queue, Math.floor(now), limit).map(toKept)),
    nextDue: (queue, now) =>
      read(() => {
        const dueAt = selectNext.get(queue, Math.floor(now))?.['due_at'];
        return typeof dueAt === 'number' ? dueAt : undefined;
      }),
    postpone: (queue, id, dueAt) => write(() => void update.run(Math.round(dueAt), queue, id)),
    remove: (queue, ids) =>
      write(() => ids.reduce((sum, id) => sum + Number(remove.run(queue, id).changes), 0)),
    count: (queue) => read(() => Number(count.get(queue)?.['events'])),
    close,
    [Symbol.dispose]: close,
  };
}

function statements(database: DatabaseSync) {
  return {
    insert: database.prepare(
      'INSERT OR IGNORE INTO millrace_accepted_webhooks (queue, id, due_at, event) VALUES (?, ?, ?, ?)',
    ),
    selectDue: database.prepare(
      `SELECT id, due_at, event FROM millrace_accepted_webhooks
        WHERE queue = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
    ),
    selectNext: database.prepare(
      'SELECT min(due_at) AS due_at FROM millrace_accepted_webhooks WHERE queue = ? AND due_at > ?',
    ),
    update: database.prepare('UPDATE millrace_accepted_webhooks SET due_at = ? WHERE queue = ? AND id = ?'),
    remove: database.prepare('DELETE FROM millrace_accepted_webhooks WHERE queue = ? AND id = ?'),
    count: database.prepare('SELECT count(*) AS events FROM millrace_accepted_webhooks WHERE queue = ?'),
  };
}

function toKept(row: Readonly<Record<string, unknown>>): KeptEvent {
  // The table is STRICT, so the columns hold what they were declared with.
  const { id, due_at, event } = row as {
    readonly id: string;
    readonly due_at: number;
    readonly event: Uint8Array;
  };
  return { id, dueAt: due_at, bytes: event };
}
