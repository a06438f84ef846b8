import type { SQLInputValue } from 'node:sqlite';
import type { DeadLetter, DeadLetterQuery, DeadLetterStore } from '../../ports/dead-letter-store.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../dead-letter-codec.ts';
import { decodeCursor, encodeCursor } from '../dead-letter-cursor.ts';
import type { Connection } from './connection.ts';
import { toInstant, toKey } from './values.ts';

/**
 * The column `letter` is the whole letter as JSON; the others repeat what is searched for and what a person looking
 * at the table wants to see. A dead letter may be the last copy of an event, so it is on the disk before its broker
 * forgets it, even in a store with `durability: 'normal'`.
 */
export function sqliteDeadLetters(connection: Connection): DeadLetterStore {
  const { database } = connection;
  const select = database.prepare('SELECT letter FROM millrace_dead_letters WHERE id = ?');
  const remove = database.prepare('DELETE FROM millrace_dead_letters WHERE id = ?');
  const put = database.prepare(
    `INSERT OR REPLACE INTO millrace_dead_letters
       (id, consumer, source, handler, type, reason, error_code, error_message, attempts, redrives, died_at, message_id, letter)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );

  return {
    putMany: (letters) =>
      connection.writeThrough(() => {
        for (const letter of letters) put.run(...columns(letter));
      }),

    get: (id) =>
      connection.read(() => {
        const row = select.get(toKey(id));
        return row && decodeDeadLetter(String(row['letter']));
      }),

    list: (query, { limit, cursor }) =>
      connection.read(() => {
        const { where, values } = conditions(query);
        const after = cursor === undefined ? undefined : decodeCursor(cursor);
        const rows = database
          .prepare(
            `SELECT letter FROM millrace_dead_letters
              WHERE ${where} AND (died_at, id) > (?, ?) ORDER BY died_at, id LIMIT ?`,
          )
          .all(
            ...values,
            ...(after ? [after.diedAt, toKey(after.id)] : [Number.MIN_SAFE_INTEGER, '']),
            limit + 1,
          );
        const letters = rows.slice(0, limit).map((row) => decodeDeadLetter(String(row['letter'])));
        const last = rows.length > limit ? letters.at(-1) : undefined;
        return { letters, next: last && encodeCursor(last) };
      }),

    removeMany: (ids) =>
      connection.write(() => ids.reduce((count, id) => count + Number(remove.run(toKey(id)).changes), 0)),

    purge: (query) =>
      connection.write(() => {
        const { where, values } = conditions(query);
        return Number(
          database.prepare(`DELETE FROM millrace_dead_letters WHERE ${where}`).run(...values).changes,
        );
      }),
  };
}

function columns(letter: DeadLetter): readonly SQLInputValue[] {
  const { consumer, source, handler = null, reason, error, attempts, redrives, diedAt, message } = letter;
  return [
    toKey(letter.id),
    consumer,
    source,
    handler,
    message.type,
    reason,
    error.code ?? null,
    error.message,
    attempts,
    redrives,
    toInstant(diedAt),
    message.id,
    encodeDeadLetter(letter),
  ];
}

const comparisons: Readonly<Record<keyof DeadLetterQuery, string>> = {
  consumer: 'consumer = ?',
  source: 'source = ?',
  handler: 'handler = ?',
  type: 'type = ?',
  reason: 'reason = ?',
  since: 'died_at >= ?',
  before: 'died_at < ?',
};

function conditions(query: DeadLetterQuery): {
  readonly where: string;
  readonly values: readonly SQLInputValue[];
} {
  const asked = Object.keys(comparisons) as (keyof DeadLetterQuery)[];
  const given = asked.flatMap((field) => {
    const value = query[field];
    return value === undefined ? [] : [{ sql: comparisons[field], value }];
  });
  return {
    where: given.map(({ sql }) => sql).join(' AND ') || 'TRUE',
    values: given.map(({ value }) => value),
  };
}
