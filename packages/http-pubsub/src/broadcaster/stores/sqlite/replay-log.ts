import type { Clock } from '@millrace/core';
import type { SqliteConnection } from '@millrace/core/sqlite';
import type { LogBounds, ReplayLog } from '../../ports/replay-log.ts';
import type { SqliteMessages } from './messages.ts';
import { messageColumns } from './messages.ts';

export function sqliteReplayLog(
  { database, read, write }: SqliteConnection,
  messages: SqliteMessages,
  clock: Clock,
): ReplayLog {
  const raise = database.prepare(
    `INSERT INTO millrace_pubsub_topics VALUES
       (:topic, 1, 1, :length, (SELECT coalesce(max(written), 0) + 1 FROM millrace_pubsub_topics))
       ON CONFLICT DO UPDATE SET sequence = sequence + 1, messages = messages + 1, bytes = bytes + :length,
         written = excluded.written`,
  );
  const topicOf = database.prepare('SELECT * FROM millrace_pubsub_topics WHERE topic = ?');
  const insert = database.prepare('INSERT INTO millrace_pubsub_log VALUES (?, ?, ?, ?, ?)');
  const oldestOf = database.prepare(
    'SELECT sequence, published_at FROM millrace_pubsub_log WHERE topic = ? ORDER BY sequence LIMIT 1',
  );
  const remove = database.prepare('DELETE FROM millrace_pubsub_log WHERE topic = ? AND sequence = ?');
  const countTopics = database.prepare('SELECT count(*) AS count FROM millrace_pubsub_topics');
  const stalest = database.prepare('SELECT topic FROM millrace_pubsub_topics ORDER BY written LIMIT 1');
  const clear = database.prepare('DELETE FROM millrace_pubsub_log WHERE topic = ?');
  const forget = database.prepare('DELETE FROM millrace_pubsub_topics WHERE topic = ?');
  const select = database.prepare(
    `SELECT l.sequence, ${messageColumns} FROM millrace_pubsub_log AS l
       JOIN millrace_pubsub_messages AS m ON m.key = l.message
      WHERE l.topic = ? AND l.sequence > ? AND l.published_at >= ? ORDER BY l.sequence LIMIT ?`,
  );

  function trim(topic: Uint8Array, bounds: LogBounds): void {
    const horizon = clock.now() - bounds.age;
    for (;;) {
      const { messages: count, bytes } = topicOf.get(topic) ?? {};
      const oldest = oldestOf.get(topic);
      if (!oldest) return;
      const isBeyond =
        Number(count) > bounds.messages ||
        Number(bytes) > bounds.bytes ||
        Number(oldest['published_at']) < horizon;
      if (!isBeyond) return;
      remove.run(topic, oldest['sequence'] ?? null);
    }
  }

  function trimTopics(most: number): void {
    for (let count = Number(countTopics.get()?.['count']); count > most; count -= 1) {
      const topic = stalest.get()?.['topic'] ?? null;
      clear.run(topic);
      forget.run(topic);
    }
  }

  return {
    async append(message, bounds) {
      const { topic, key, publishedAt, body } = message;
      const ready = await messages.prepare(message);
      try {
        return await write(() => {
          raise.run({ topic, length: body.length });
          const sequence = Number(topicOf.get(topic)?.['sequence']);
          const tracing = message.tracing(sequence);
          ready.keep(tracing);
          insert.run(topic, sequence, key, Math.round(publishedAt), body.length);
          trim(topic, bounds);
          trimTopics(bounds.topics);
          return { sequence, message: { ...message, tracing } };
        });
      } finally {
        await ready.discard();
      }
    },

    read: (topic, { after = 0, since = 0, limit, age }) =>
      read(() =>
        select
          .all(topic, after, Math.ceil(Math.max(since, clock.now() - age)), limit)
          .map((row) => ({ sequence: Number(row['sequence']), message: messages.fromRow(row) })),
      ),
  };
}
