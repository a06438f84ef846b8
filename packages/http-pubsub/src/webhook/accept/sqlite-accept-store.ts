import type { SqliteStoreOptions } from '@millrace/core/sqlite';
import { sqliteStore } from '@millrace/core/sqlite';
import type { AcceptStore, KeptEvent } from './store.ts';

export type SqliteAcceptStoreOptions = Pick<SqliteStoreOptions, 'path' | 'busyTimeout'>;

export interface SqliteAcceptStore extends AcceptStore, Disposable {
  close(): void;
}

const table = `
  CREATE TABLE IF NOT EXISTS millrace_accepted_webhooks (
    queue TEXT NOT NULL,
    id TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    event BLOB NOT NULL,
    PRIMARY KEY (queue, id)
  ) STRICT;
  CREATE INDEX IF NOT EXISTS millrace_accepted_webhooks_by_due ON millrace_accepted_webhooks (queue, due_at)`;

/**
 * Accepted events in a SQLite file, which may be that of the consumer's `sqliteStore`. What was accepted survives a power
 * cut. Throws as `sqliteStore` does.
 */
export function sqliteAcceptStore(pathOrOptions: string | SqliteAcceptStoreOptions): SqliteAcceptStore {
  const options = typeof pathOrOptions === 'string' ? { path: pathOrOptions } : pathOrOptions;
  // Whoever is told 202 does not send again: never less than `full`.
  const store = sqliteStore({ ...options, durability: 'full' });
  store.transaction((database) => database.exec(table));
  const { database } = store;
  const insert = database.prepare(
    'INSERT OR IGNORE INTO millrace_accepted_webhooks (queue, id, due_at, event) VALUES (?, ?, ?, ?)',
  );
  const selectDue = database.prepare(
    `SELECT id, due_at, event FROM millrace_accepted_webhooks
      WHERE queue = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
  );
  const selectNext = database.prepare(
    'SELECT min(due_at) AS due_at FROM millrace_accepted_webhooks WHERE queue = ? AND due_at > ?',
  );
  const update = database.prepare(
    'UPDATE millrace_accepted_webhooks SET due_at = ? WHERE queue = ? AND id = ?',
  );
  const remove = database.prepare('DELETE FROM millrace_accepted_webhooks WHERE queue = ? AND id = ?');
  const count = database.prepare('SELECT count(*) AS events FROM millrace_accepted_webhooks WHERE queue = ?');

  return {
    put: async (queue, events) =>
      store.transaction(() => {
        const changes = events.map(({ id, dueAt, bytes }) => insert.run(queue, id, Math.round(dueAt), bytes));
        return changes.reduce((sum, it) => sum + Number(it.changes), 0);
      }),
    due: async (queue, now, limit) => selectDue.all(queue, Math.floor(now), limit).map(toKept),
    async nextDue(queue, now) {
      const dueAt = selectNext.get(queue, Math.floor(now))?.['due_at'];
      return typeof dueAt === 'number' ? dueAt : undefined;
    },
    async postpone(queue, id, dueAt) {
      store.transaction(() => update.run(Math.round(dueAt), queue, id));
    },
    remove: async (queue, ids) =>
      store.transaction(() => ids.reduce((sum, id) => sum + Number(remove.run(queue, id).changes), 0)),
    count: async (queue) => Number(count.get(queue)?.['events']),
    close: () => store.close(),
    [Symbol.dispose]: () => store.close(),
  };
}

function toKept(row: Readonly<Record<string, unknown>>): KeptEvent {
  // The table is STRICT, so the columns hold what they were declared with.
  const {
    id,
    due_at: dueAt,
    event,
  } = row as {
    readonly id: string;
    readonly due_at: number;
    readonly event: Uint8Array;
  };
  return { id, dueAt, bytes: event };
}
