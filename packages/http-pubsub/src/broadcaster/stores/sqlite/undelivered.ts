import type { SQLInputValue } from 'node:sqlite';
import type { Clock } from '@millrace/core';
import type { SqliteConnection } from '@millrace/core/sqlite';
import type { UndeliveredMessage, UndeliveredMessages, UndeliveredQuery } from '../../ports/dead-letters.ts';
import { decodeCursor, encodeCursor } from '../../undelivered-cursor.ts';
import type { Columns, SqliteMessages } from './messages.ts';
import { messageColumns, textOf } from './messages.ts';

const letters = `SELECT d.*, ${messageColumns} FROM millrace_pubsub_deliveries AS d
  JOIN millrace_pubsub_messages AS m ON m.key = d.message WHERE d.died_at IS NOT NULL`;

export function sqliteUndelivered(
  { database, read, write }: SqliteConnection,
  messages: SqliteMessages,
  clock: Clock,
): UndeliveredMessages {
  const find = database.prepare(`${letters} AND d.id = ?`);
  const revive = database.prepare(
    `UPDATE millrace_pubsub_deliveries SET died_at = NULL, attempts = 0, redrives = redrives + 1, due = ?
      WHERE id = ? AND died_at IS NOT NULL`,
  );

  return {
    async list(query, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      return read(() => {
        const { where, values } = conditions(query);
        const rows = database
          .prepare(`${letters} AND ${where} AND (d.died_at, d.id) > (?, ?) ORDER BY d.died_at, d.id LIMIT ?`)
          .all(...values, after?.diedAt ?? Number.MIN_SAFE_INTEGER, after?.id ?? '', limit + 1);
        const page = rows.slice(0, limit).map((row) => letterOf(row, messages));
        const last = rows.length > limit ? page.at(-1) : undefined;
        return { letters: page, next: last && encodeCursor(last) };
      });
    },

    get: (id) =>
      read(() => {
        const row = find.get(id);
        return row && letterOf(row, messages);
      }),

    redrive: (ids, delay) =>
      write(() => {
        const due = Math.floor(clock.now()) + Math.ceil(delay);
        return ids.reduce((count, id) => count + Number(revive.run(due, id).changes), 0);
      }),

    purge: (query) =>
      write(() => {
        const { where, values } = conditions(query);
        const gone = database
          .prepare(`DELETE FROM millrace_pubsub_deliveries AS d WHERE d.died_at IS NOT NULL AND ${where}`)
          .run(...values);
        return Number(gone.changes);
      }),
  };
}

function letterOf(row: Columns, messages: SqliteMessages): UndeliveredMessage {
  return {
    id: String(row['id']),
    url: String(row['url']),
    recovery: textOf(row['recovery']),
    attempts: Number(row['attempts']),
    failure: textOf(row['failure']) ?? '',
    diedAt: Number(row['died_at']),
    redrives: Number(row['redrives']),
    message: messages.fromRow(row),
  };
}

const comparisons: Readonly<Record<keyof UndeliveredQuery, string>> = {
  url: 'd.url = ?',
  topic: 'd.topic = ?',
  since: 'd.died_at >= ?',
  before: 'd.died_at < ?',
};

function conditions(query: UndeliveredQuery): { readonly where: string; readonly values: SQLInputValue[] } {
  const asked = Object.keys(comparisons) as (keyof UndeliveredQuery)[];
  const given = asked.flatMap((field) => {
    const value = query[field];
    return value === undefined ? [] : [{ sql: comparisons[field], value }];
  });
  return {
    where: given.map(({ sql }) => sql).join(' AND ') || 'TRUE',
    values: given.map(({ value }) => value),
  };
}
