import { writeSync } from 'node:fs';

import { systemClock, wait } from '../../../src/clock.ts';
import { createConsumer, silentLogger } from '../../../src/index.ts';
import { sqliteStore } from '../../../src/sqlite.ts';
import { processSource } from '../../support/process-source.ts';

/**
 * Writes a row to the ledger for each event: in one transaction with "done", or before it. Told an id and a point, it
 * halts there for ever and says so.
 */
const [path = '', mode = '', haltId = '', haltPoint = ''] = process.argv.slice(2);
// A process that dies takes nothing with it that was written; that would take a power cut.
const store = sqliteStore({ path, durability: 'normal' });
const insert = store.database.prepare('INSERT INTO ledger (id, redelivered) VALUES (?, ?)');
const consumer = createConsumer({
  name: 'billing',
  sources: [processSource()],
  store,
  idempotency: { lease: 300 },
  log: silentLogger,
});

consumer.on('Order', { name: 'order' }, async ({ id }, context) => {
  haltAt(id, 'before the effect');
  if (mode === 'transaction') {
    store.transaction((database) => {
      insert.run(id, Number(context.redelivered));
      haltAt(id, 'before complete()');
      void context.complete(database);
      haltAt(id, 'before the commit');
    });
  } else insert.run(id, Number(context.redelivered));
  haltAt(id, 'after the effect');
  await wait(systemClock, 1);
});

await consumer.run();
store.close();

function haltAt(id: string, point: string): void {
  if (id !== haltId || point !== haltPoint) return;
  writeSync(1, 'halted\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
