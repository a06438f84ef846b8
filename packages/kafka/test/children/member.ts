import { openSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { createConsumer, isMillraceError, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { kafka } from '../../src/index.ts';
import { clientOf } from '../support/client-of.ts';
import type { FromMember, MemberConfig } from '../support/member-messages.ts';
import { placeOf, recorded } from '../support/recorded.ts';

/** A member of a group whose effects are rows of a file that all members share, each in one transaction with "done". */
const { member, library, brokers, topic, ledger, deliveries } = JSON.parse(
  process.argv[2] ?? '',
) as MemberConfig;
const say: (message: FromMember) => Promise<void> = promisify(
  (message: FromMember, done: (error: unknown) => void) =>
    process.send?.(message, undefined, undefined, done),
);
const store = sqliteStore({ path: ledger, durability: 'normal' });
const insert = store.database.prepare('INSERT INTO effects (n, place, member) VALUES (?, ?, ?)');
const book = openSync(deliveries, 'a');
let freezing = false;
process.on('message', () => (freezing = true));

const source = kafka({
  client: clientOf(library, brokers),
  name: 'orders',
  topics: topic,
  group: topic,
  start: 'earliest',
  order: 'key',
  sessionTimeout: 6_000,
  fetch: { maxWait: 100 },
});
const consumer = createConsumer({
  name: 'billing',
  // Written at once: it has to be there when this process is killed.
  sources: [
    recorded(source, member, (batch) => {
      writeSync(book, batch.map(({ place, at }) => `${place} ${at}\n`).join(''));
    }),
  ],
  store,
  idempotency: { lease: 2_000 },
  log: silentLogger,
});
consumer.on('N', async (message, context) => {
  const { n } = message.data as { readonly n: number };
  if (freezing) await freeze(n);
  try {
    store.transaction((database) => {
      insert.run(n, placeOf(message), member);
      void context.complete(database);
    });
  } catch (error) {
    await say({ kind: 'refused', n, code: isMillraceError(error) ? error.code : String(error) });
    throw error;
  }
});

/** By its own hand, so that it stands still in this handler, and not while it has the file's lock. */
async function freeze(n: number): Promise<void> {
  freezing = false;
  await say({ kind: 'freezing', n });
  process.kill(process.pid, 'SIGSTOP');
}

// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));
await consumer.run();
store.close();
if (process.connected) process.disconnect();
