import type { SqliteConnection } from '@millrace/core/sqlite';
import type { DeliveryStore, Lease, LeasedDelivery, LeasedHint } from '../../ports/delivery-store.ts';
import type { Columns, SqliteMessages } from './messages.ts';
import { bytesOf, messageColumns, textOf } from './messages.ts';
import type { SqliteBroadcasterStoreOptions } from './options.ts';

type Options = Pick<Required<SqliteBroadcasterStoreOptions>, 'clock' | 'maxDeliveries' | 'maxBytes'>;

/** What makes a lease hold: a lease that ran out is gone also when nobody has taken it over. */
const held = 'id = :id AND owner = :owner AND fence = :fence AND due > :now AND died_at IS NULL';

export function sqliteDeliveries(
  { database, read, write }: SqliteConnection,
  messages: SqliteMessages,
  { clock, maxDeliveries, maxBytes }: Options,
): DeliveryStore {
  const state = database.prepare('SELECT deliveries, bytes FROM millrace_pubsub_state');
  const insert = database.prepare(
    `INSERT INTO millrace_pubsub_deliveries
       (id, message, url, recovery, topic, attempts, failure, fence, due, owner)
       VALUES (:id, :message, :url, :recovery, :topic, :attempts, :failure, :fence, :due, :owner) ON CONFLICT DO NOTHING`,
  );
  const insertHint = database.prepare(
    `INSERT INTO millrace_pubsub_deliveries (id, url, recovery, topic, attempts, fence, due)
       VALUES (:id, :url, :recovery, :topic, 0, 0, :due)
       ON CONFLICT DO UPDATE SET due = :due, owner = NULL, fence = fence + 1 WHERE owner IS NOT NULL`,
  );
  const urlsDue = database.prepare(
    'SELECT url FROM millrace_pubsub_dues WHERE due <= ? ORDER BY due LIMIT ?',
  );
  const rowsDue = database.prepare(
    `SELECT rowid AS number, due FROM millrace_pubsub_deliveries
      WHERE url = ? AND died_at IS NULL AND due <= ? ORDER BY due, rowid LIMIT ?`,
  );
  const take = database.prepare(
    'UPDATE millrace_pubsub_deliveries SET owner = :owner, fence = fence + 1, due = :due WHERE rowid = :number',
  );
  const taken = database.prepare(
    `SELECT d.*, ${messageColumns} FROM millrace_pubsub_deliveries AS d
       LEFT JOIN millrace_pubsub_messages AS m ON m.key = d.message WHERE d.rowid = ?`,
  );
  const remove = database.prepare(`DELETE FROM millrace_pubsub_deliveries WHERE ${held}`);
  const giveBack = database.prepare(
    `UPDATE millrace_pubsub_deliveries SET owner = NULL, due = :due, attempts = :attempts, failure = :failure WHERE ${held}`,
  );
  const die = database.prepare(
    `UPDATE millrace_pubsub_deliveries SET owner = NULL, died_at = :diedAt, attempts = :attempts, failure = :failure
      WHERE ${held} AND message IS NOT NULL`,
  );
  const next = database.prepare('SELECT min(due) AS due FROM millrace_pubsub_dues');
  const count = database.prepare(
    `SELECT count(*) FILTER (WHERE died_at IS NULL AND message IS NOT NULL) AS deliveries,
            count(*) FILTER (WHERE message IS NULL) AS hints,
            count(*) FILTER (WHERE died_at IS NOT NULL) AS deadLetters FROM millrace_pubsub_deliveries`,
  );

  const now = () => Math.floor(clock.now());
  const dueIn = (delay: number) => now() + Math.ceil(delay);
  const lasting = ({ id, owner, fence }: Lease) => ({ id, owner, fence, now: now() });

  function hasRoom(rows: number, key: string, length: number): boolean {
    const { deliveries, bytes } = state.get() ?? {};
    const more = messages.has(key) ? 0 : length;
    return Number(deliveries) + rows <= maxDeliveries && Number(bytes) + more <= maxBytes;
  }

  /**
   * Longest first. What is due longest belongs to one of the `limit` URLs whose first is due longest, so others are not looked
   * at, and it costs nothing that a dead subscriber has a hundred thousand.
   */
  function numbersDue(limit: number, perUrl: number): readonly number[] {
    const at = now();
    return urlsDue
      .all(at, limit)
      .flatMap(({ url = null }) => rowsDue.all(url, at, perUrl))
      .map(({ number, due }) => ({ number: Number(number), due: Number(due) }))
      .sort((one, other) => one.due - other.due || one.number - other.number)
      .slice(0, limit)
      .map(({ number }) => number);
  }

  return {
    async put(message, deliveries, { owner, lease }) {
      const fits = () => hasRoom(deliveries.length, message.key, message.body.length);
      if (!(await read(fits))) return 'full';
      const ready = await messages.prepare(message);
      try {
        return await write(() => {
          if (!fits()) return 'full';
          ready.keep(message.tracing);
          for (const { id, url, recovery = null, attempts, failure = null, delay } of deliveries) {
            const isUnderWay = delay === undefined;
            insert.run({
              id,
              message: message.key,
              url,
              recovery,
              topic: message.topic,
              attempts,
              failure,
              fence: isUnderWay ? 1 : 0,
              due: dueIn(delay ?? lease),
              owner: isUnderWay ? owner : null,
            });
          }
          ready.dropUnused();
          return 'kept';
        });
      } finally {
        await ready.discard();
      }
    },

    putHints: (hints) =>
      write(() => {
        for (const { url, recovery, topic, delay } of hints) {
          insertHint.run({ id: hintId(recovery, topic), url, recovery, topic, due: dueIn(delay) });
        }
      }),

    lease: ({ owner, lease, limit, perUrl }) =>
      write(() => {
        const due = dueIn(lease);
        return numbersDue(limit, perUrl).flatMap((number) => {
          take.run({ owner, due, number });
          const row = taken.get(number);
          return row ? [leasedOf(row, messages)] : [];
        });
      }),

    complete: (lease) => write(() => remove.run(lasting(lease)).changes > 0),

    reschedule: (lease, { delay, attempts, failure = null }) =>
      write(() => giveBack.run({ ...lasting(lease), due: dueIn(delay), attempts, failure }).changes > 0),

    bury: (lease, { attempts, failure, diedAt }) =>
      write(() => die.run({ ...lasting(lease), diedAt: Math.round(diedAt), attempts, failure }).changes > 0),

    nextDue: () =>
      read(() => {
        const due = next.get()?.['due'];
        return typeof due === 'number' ? Math.max(0, due - now()) : undefined;
      }),

    counts: () =>
      read(() => {
        const { deliveries, hints, deadLetters } = count.get() ?? {};
        return {
          deliveries: Number(deliveries),
          hints: Number(hints),
          deadLetters: Number(deadLetters),
          bytes: Number(state.get()?.['bytes']),
        };
      }),
  };
}

function leasedOf(row: Columns, messages: SqliteMessages): LeasedDelivery | LeasedHint {
  const recovery = textOf(row['recovery']);
  const common = {
    id: String(row['id']),
    owner: String(row['owner']),
    fence: Number(row['fence']),
    url: String(row['url']),
    attempts: Number(row['attempts']),
  };
  return row['message'] === null
    ? { kind: 'missed', ...common, recovery: recovery ?? '', topic: bytesOf(row['topic']) }
    : { kind: 'message', ...common, recovery, message: messages.fromRow(row) };
}

function hintId(recovery: string, topic: Uint8Array): string {
  return `missed ${Buffer.from(topic).toString('base64url')} ${recovery}`;
}
