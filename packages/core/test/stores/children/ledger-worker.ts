import { writeSync } from 'node:fs';
import { systemClock, wait } from '../../../src/clock.ts';
import { sqliteStore } from '../../../src/sqlite.ts';

/**
 * Handles each key once: claims it, then writes a row to the ledger and "done" in one transaction. Told a key and a
 * point, it halts there for ever and says so; whoever started it can count on where it is.
 */
const [path = '', count = '', lease = '', haltKey = '', haltPoint = ''] = process.argv.slice(2);
const owner = `worker-${process.pid}`;
const store = sqliteStore(path);
const insert = store.database.prepare('INSERT INTO ledger (key, fence) VALUES (?, ?)');

for (let index = 0; index < Number(count); index += 1) await handle(`id-${index}`);
store.close();
writeSync(1, 'finished\n');

async function handle(key: string): Promise<void> {
  const [verdict] = await store.idempotency.claimMany([{ key }], { owner, lease: Number(lease) });
  if (verdict?.status === 'done') return;
  if (verdict?.status === 'busy') {
    await wait(systemClock, verdict.remaining);
    return handle(key);
  }
  if (verdict?.status !== 'claimed') throw new Error(`The claim on ${key} is ${verdict?.status}.`);
  const { fence } = verdict;
  haltAt(key, 'after the claim');
  store.transaction((database) => {
    insert.run(key, fence);
    haltAt(key, 'after the effect');
    void store.idempotency.transactions.complete(database, { key, owner, fence }, { retention: 600_000 });
    haltAt(key, 'before the commit');
  });
  haltAt(key, 'after the commit');
}

function haltAt(key: string, point: string): void {
  if (key !== haltKey || point !== haltPoint) return;
  writeSync(1, 'halted\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}
