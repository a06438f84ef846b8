import { randomUUID } from 'node:crypto';
import type { SQLOutputValue } from 'node:sqlite';
import type { Clock } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import type { SqliteConnection } from '@millrace/core/sqlite';
import { httpPubsubError } from '../../../errors.ts';
import type { PublishedMessage } from '../../ports/message.ts';
import { inParts } from '../in-parts.ts';

export type Columns = Readonly<Record<string, SQLOutputValue>>;

/** A message whose body is ready to be kept: in memory if it is small, else in the file already. */
export interface ReadyMessage {
  /** Within a transaction. It stays as it is when it is there. */
  keep(tracing: Uint8Array): void;
  /** Within a transaction, after what refers to it was added: drops it when nothing does. */
  dropUnused(): void;
  /** Outside of transactions, in any case: forgets a body that was not kept. */
  discard(): Promise<void>;
}

export interface SqliteMessages {
  prepare(message: Omit<PublishedMessage, 'tracing'>): Promise<ReadyMessage>;
  /** Of a row with the columns of `messageColumns`. */
  fromRow(row: Columns): PublishedMessage;
  /** Within a transaction. */
  has(key: string): boolean;
}

/** For joins with `millrace_pubsub_messages AS m`. */
export const messageColumns =
  'm.key, m.topic AS m_topic, m.digest, m.tracing, m.published_at, m.length, m.body';

const partSize = 256 * 1_024;
/** Larger bodies are written in several transactions, so that nobody waits for all of them at once. */
const mostAtOnce = 4 * partSize;
/** Milliseconds after which nobody is writing the body of a message any more. */
const abandonedAfter = 3_600_000;

export function sqliteMessages({ database, read, write }: SqliteConnection, clock: Clock): SqliteMessages {
  const insert = database.prepare(
    'INSERT INTO millrace_pubsub_messages VALUES (:key, :topic, :digest, :tracing, :publishedAt, :length, :body)',
  );
  const find = database.prepare('SELECT 1 FROM millrace_pubsub_messages WHERE key = ?');
  const removeUnused = database.prepare(
    `DELETE FROM millrace_pubsub_messages WHERE key = :key
       AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_deliveries WHERE message = :key)
       AND NOT EXISTS (SELECT 1 FROM millrace_pubsub_log WHERE message = :key)`,
  );
  const insertPart = database.prepare('INSERT INTO millrace_pubsub_bodies VALUES (?, ?, ?)');
  const selectPart = database.prepare('SELECT bytes FROM millrace_pubsub_bodies WHERE body = ? AND part = ?');
  const removeParts = database.prepare('DELETE FROM millrace_pubsub_bodies WHERE body = ?');
  const stage = database.prepare('INSERT INTO millrace_pubsub_staged VALUES (?, ?)');
  const unstage = database.prepare('DELETE FROM millrace_pubsub_staged WHERE body = ?');
  const abandoned = database.prepare('SELECT body FROM millrace_pubsub_staged WHERE since < ?');

  const has = (key: string) => find.get(key) !== undefined;

  function forget(body: string): void {
    removeParts.run(body);
    unstage.run(body);
  }

  /** Of processes that died while they wrote one. */
  function forgetAbandoned(): void {
    for (const { body } of abandoned.all(Math.floor(clock.now()) - abandonedAfter)) forget(String(body));
  }

  async function* partsOf(body: string, length: number): AsyncGenerator<Uint8Array> {
    for (let part = 0, sent = 0; sent < length; part += 1) {
      const bytes = (await read(() => selectPart.get(body, part)))?.['bytes'];
      if (!(bytes instanceof Uint8Array)) {
        throw new MillraceError(
          'STORE_UNAVAILABLE',
          'The message is no longer kept: somebody else was done with it.',
        );
      }
      sent += bytes.length;
      yield bytes;
    }
  }

  return {
    has,

    async prepare(message) {
      const body = randomUUID();
      const { key, topic, digest, publishedAt } = message;
      const { length } = message.body;
      const isStaged = length > mostAtOnce;
      const parts: Uint8Array[] = [];
      let count = 0;
      let total = 0;
      for await (const part of inParts(message.body.chunks(), partSize)) {
        total += part.length;
        if (!isStaged) parts.push(part);
        else {
          await write(() => {
            if (count === 0) {
              forgetAbandoned();
              stage.run(body, Math.floor(clock.now()));
            }
            insertPart.run(body, count, part);
          });
        }
        count += 1;
      }
      if (total !== length) {
        if (isStaged) await write(() => forget(body));
        throw httpPubsubError('PUBSUB_MALFORMED', `A body of ${length} bytes came with ${total}.`);
      }
      let isKept = false;
      return {
        keep(tracing) {
          if (has(key)) return;
          parts.forEach((part, index) => insertPart.run(body, index, part));
          if (isStaged) unstage.run(body);
          insert.run({ key, topic, digest, tracing, publishedAt: Math.round(publishedAt), length, body });
          isKept = true;
        },
        dropUnused() {
          removeUnused.run({ key });
        },
        async discard() {
          if (isStaged && !isKept) await write(() => forget(body));
        },
      };
    },

    fromRow(row) {
      const length = Number(row['length']);
      const body = String(row['body']);
      return {
        key: String(row['key']),
        topic: bytesOf(row['m_topic']),
        digest: bytesOf(row['digest']),
        tracing: bytesOf(row['tracing']),
        publishedAt: Number(row['published_at']),
        body: { length, chunks: () => partsOf(body, length) },
      };
    },
  };
}

export function bytesOf(value: SQLOutputValue | undefined): Buffer {
  return value instanceof Uint8Array
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    : Buffer.alloc(0);
}

export function textOf(value: SQLOutputValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
