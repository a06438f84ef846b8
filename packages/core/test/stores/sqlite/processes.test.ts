import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { wait, systemClock } from '../../../src/clock.ts';
import type { Child } from '../support/child.ts';
import { startChild } from '../support/child.ts';
import { databaseFile } from '../support/database-file.ts';
import { openStore } from '../support/open-store.ts';
import { seededRandom } from '../support/seeded-random.ts';

test('processes that make and share one file win each of 10,000 ids exactly once', async () => {
  const path = databaseFile();
  const count = 10_000;
  const children = [1, 2, 3].map((seed) =>
    startChild('claim-contender', [path, `owner-${seed}`, count, seed]),
  );
  for (const child of children) expect(await child.nextLine()).toBe('ready');
  for (const child of children) child.tell('go');
  const won = await Promise.all(
    children.map(async (child) => JSON.parse(await child.nextLine()) as string[]),
  );
  const ids = Array.from({ length: count }, (_, index) => `id-${index}`);
  expect(won.flat().sort()).toEqual(ids.sort());
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual([0, 0, 0]);
});

describe('effects of a worker that is killed and started again', () => {
  const lease = 300;

  test('each is there exactly once, wherever the kills hit', async () => {
    const { path, ledger } = ledgerFile();
    const count = 600;
    const random = seededRandom(20_261_120);
    let kills = 0;
    for (let rows = 0; rows < count - 30; rows += 1 + Math.floor(random() * 60)) {
      const child = startChild('ledger-worker', [path, count, lease]);
      const target = rows;
      await until(child, () => ledger().length > target);
      child.process.kill('SIGKILL');
      expect(await child.ended).toBe('SIGKILL');
      kills += 1;
      rows = Math.max(rows, ledger().length);
    }
    expect(kills).toBeGreaterThanOrEqual(4);
    await finish(path, count);
    expect(ledger().map(({ key }) => key)).toEqual(
      Array.from({ length: count }, (_, index) => `id-${index}`),
    );
    await expectAllDone(path, count);
  });

  test.each([
    ['after the claim', 'second'],
    ['after the effect', 'second'],
    ['before the commit', 'second'],
    ['after the commit', 'first'],
  ])('killed %s: the effect is that of the %s run', async (point, run) => {
    const { path, ledger } = ledgerFile();
    const count = 5;
    const child = startChild('ledger-worker', [path, count, lease, 'id-2', point]);
    expect(await child.nextLine()).toBe('halted');
    child.process.kill('SIGKILL');
    expect(await child.ended).toBe('SIGKILL');
    await finish(path, count);
    const fence = run === 'first' ? 1 : 2;
    expect(ledger()).toEqual([0, 1, 2, 3, 4].map((id) => ({ key: `id-${id}`, fence: id === 2 ? fence : 1 })));
    await expectAllDone(path, count);
  });

  function ledgerFile() {
    const { path } = openStore();
    const database = new DatabaseSync(path);
    onTestFinished(() => database.close());
    database.exec('CREATE TABLE ledger (key TEXT, fence INTEGER)');
    const select = database.prepare('SELECT key, fence FROM ledger ORDER BY rowid');
    return { path, ledger: () => select.all() };
  }

  async function finish(path: string, count: number): Promise<void> {
    const child = startChild('ledger-worker', [path, count, lease]);
    expect(await child.nextLine()).toBe('finished');
    expect(await child.ended).toBe(0);
  }

  async function expectAllDone(path: string, count: number): Promise<void> {
    const requests = Array.from({ length: count }, (_, index) => ({ key: `id-${index}` }));
    const verdicts = await openStore({ path }).idempotency.claimMany(requests, { owner: 'checker', lease });
    expect(verdicts.filter(({ status }) => status !== 'done')).toEqual([]);
  }
});

test('a file that can not grow is unavailable, and keeps all that was stored', async () => {
  const path = databaseFile();
  const limit = 2_048; // blocks of 512 bytes
  const child = startChild('letter-writer', [path], limit);
  const { kept, codes, readable } = JSON.parse(await child.nextLine());
  expect({ codes, readable }).toEqual({ codes: ['STORE_UNAVAILABLE', 'STORE_UNAVAILABLE'], readable: true });
  expect(kept).toBeGreaterThan(5);
  expect(await child.ended).toBe(0);

  const { deadLetters, database } = openStore({ path });
  const { letters } = await deadLetters.list({}, { limit: 1_000 });
  expect(letters.map(({ id }) => id)).toEqual(Array.from({ length: kept }, (_, index) => `letter-${index}`));
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
});

async function until(child: Child, condition: () => boolean): Promise<void> {
  const ended = { done: false };
  void child.ended.then(() => (ended.done = true));
  while (!condition()) {
    if (ended.done) throw new Error(`The child ended with ${await child.ended} before the condition held.`);
    await wait(systemClock, 1);
  }
}
