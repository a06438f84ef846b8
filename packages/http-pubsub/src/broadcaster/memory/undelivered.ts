import type { Clock } from '@millrace/core';
import type { UndeliveredMessage, UndeliveredMessages, UndeliveredQuery } from '../ports/dead-letters.ts';
import type { Place } from '../undelivered-cursor.ts';
import { decodeCursor, encodeCursor } from '../undelivered-cursor.ts';
import type { MemoryBodies } from './bodies.ts';
import type { Row } from './rows.ts';

export function memoryUndelivered(
  rows: Map<string, Row>,
  bodies: MemoryBodies,
  clock: Clock,
): UndeliveredMessages {
  function matching(query: UndeliveredQuery): readonly UndeliveredMessage[] {
    return [...rows.values()]
      .flatMap((row) => letterOf(row) ?? [])
      .filter((letter) => matches(letter, query))
      .sort(byAge);
  }

  return {
    async list(query, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const rest = matching(query).filter((letter) => after === undefined || byAge(letter, after) > 0);
      const letters = rest.slice(0, limit);
      const last = rest.length > limit ? letters.at(-1) : undefined;
      return { letters, next: last && encodeCursor(last) };
    },

    async get(id) {
      const row = rows.get(id);
      return row && letterOf(row);
    },

    async redrive(ids, delay) {
      const dead = ids.flatMap((id) => rows.get(id) ?? []).filter(({ diedAt }) => diedAt !== undefined);
      for (const row of dead) {
        row.redrives += 1;
        row.due = clock.monotonic() + delay;
        Object.assign(row, { diedAt: undefined, attempts: 0 });
      }
      return dead.length;
    },

    async purge(query) {
      const gone = matching(query);
      for (const { id, message } of gone) {
        rows.delete(id);
        bodies.release(message.key);
      }
      return gone.length;
    },
  };
}

function letterOf(row: Row): UndeliveredMessage | undefined {
  const { id, url, recovery, attempts, failure = '', diedAt, redrives, message } = row;
  if (diedAt === undefined || !message) return undefined;
  return { id, url, recovery, attempts, failure, diedAt, redrives, message };
}

function matches({ url, message, diedAt }: UndeliveredMessage, query: UndeliveredQuery): boolean {
  return (
    (query.url ?? url) === url &&
    (query.topic === undefined || Buffer.compare(query.topic, message.topic) === 0) &&
    diedAt >= (query.since ?? -Infinity) &&
    diedAt < (query.before ?? Infinity)
  );
}

function byAge(one: Place, other: Place): number {
  return one.diedAt - other.diedAt || (one.id < other.id ? -1 : Number(one.id > other.id));
}
