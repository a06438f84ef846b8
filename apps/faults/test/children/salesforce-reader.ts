import type { HandlerContext, Message } from '@millrace/core';
import { consoleLogger, createConsumer, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { clientCredentials, salesforce } from '@millrace/salesforce-streaming';
import { fastClock } from '../support/salesforce/fast-clock.ts';
import type { FromReader, ReaderConfig } from '../support/salesforce/reader-messages.ts';
import { seeded } from '../support/seeded.ts';

/** A consumer of an org's events, whose effects are rows of a ledger, each written in one transaction with "done". */
const config = JSON.parse(process.argv[2] ?? '') as ReaderConfig;
const clock = fastClock(config.time);

// A process that dies takes nothing with it that was written; that would take a power cut.
const store = sqliteStore({ path: config.ledger, durability: 'normal', clock });
const insert = store.database.prepare('INSERT INTO effects (id, worker, fence) VALUES (?, ?, ?)');
const worker = `reader ${process.pid}`;

const consumer = createConsumer({
  name: 'books',
  sources: [
    salesforce({
      auth: clientCredentials(config.login),
      channels: config.channels,
      start: 'earliest',
      name: 'crm',
      verify: 'off',
    }),
  ],
  store,
  // Seconds of real time: a machine that is busy is not to be taken for a process that is dead.
  idempotency: { lease: 4_000 * config.time.speed },
  timeout: false,
  log: process.env['MILLRACE_SOAK_LOG'] === undefined ? silentLogger : consoleLogger(),
  clock,
  random: seeded(config.seed),
});
consumer.on((message: Message, context: HandlerContext) => {
  store.transaction((database) => {
    insert.run(idOf(message), worker, context.fence ?? 0);
    void context.complete(database);
  });
});
// Whatever it is sent, it is asked how it is.
process.on('message', () => void tell({ kind: 'health', health: consumer.health() }));
// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));

try {
  await consumer.start();
} catch (error) {
  await tell({ kind: 'not started', reason: String(error) });
  process.exit(1);
}
await tell({ kind: 'reading' });
try {
  await consumer.run();
} catch (error) {
  await tell({ kind: 'failed', reason: String(error) });
  process.exitCode = 1;
}
store.close();
if (process.connected) process.disconnect();

/** What the publisher has written into the event itself. */
function idOf({ data }: Message): string {
  return typeof data === 'string' ? data : String((data as { readonly Mark__c?: unknown }).Mark__c);
}

function tell(message: FromReader): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
