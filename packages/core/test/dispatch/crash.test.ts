import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';

import { systemClock, wait } from '../../src/clock.ts';
import { openStore } from '../stores/support/open-store.ts';
import { seededRandom } from '../stores/support/seeded-random.ts';
import type { ConsumerProcess, ProcessBroker } from '../support/process-broker.ts';
import { processBroker } from '../support/process-broker.ts';

const ids = (count: number) => Array.from({ length: count }, (_, index) => `order-${index}`);

function ledgerFile() {
  const { path } = openStore();
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  database.exec('CREATE TABLE ledger (id TEXT, redelivered INTEGER)');
  const select = database.prepare('SELECT id, redelivered FROM ledger ORDER BY rowid');
  const ledger = () => select.all().map((row) => ({ id: row['id'], redelivered: row['redelivered'] === 1 }));
  return { path, ledger, rowsOf: (id: string) => ledger().filter((row) => row.id === id) };
}

async function until(child: ConsumerProcess, condition: () => boolean): Promise<void> {
  while (!condition()) {
    if (!child.running) throw new Error('The consumer ended before the condition held.');
    await wait(systemClock, 1);
  }
}

/** Until everything is acknowledged, then a drain. */
async function finish(broker: ProcessBroker, path: string, mode: string, count: number): Promise<void> {
  const child = broker.start('crash-worker', [path, mode]);
  await until(child, () => broker.done.size === count);
  expect(await child.end('SIGTERM')).toBe(0);
}

/** Kills a consumer again and again, each at a moment drawn from what can be seen of it. */
async function killAgainAndAgain(broker: ProcessBroker, path: string, mode: string, rows: () => number) {
  const random = seededRandom(20_261_120);
  const progress = [rows, () => broker.deliveries, () => broker.settlements];
  for (let kill = 0; kill < 6; kill += 1) {
    const child = broker.start('crash-worker', [path, mode]);
    const seen = progress[Math.floor(random() * progress.length)] ?? rows;
    const target = seen() + 1 + Math.floor(random() * 20);
    await until(child, () => seen() >= target);
    expect(await child.end('SIGKILL')).toBe('SIGKILL');
  }
}

describe('a consumer that is killed and started again, with effect and "done" in one transaction', () => {
  const mode = 'transaction';

  test('leaves each effect exactly once, wherever the kills hit', async () => {
    const { path, ledger } = ledgerFile();
    const count = 400;
    const broker = processBroker(ids(count));
    await killAgainAndAgain(broker, path, mode, () => ledger().length);
    expect(broker.done.size).toBeLessThan(count);
    await finish(broker, path, mode, count);
    expect(broker.deliveries).toBeGreaterThan(count);
    const effects = ledger().map(({ id }) => id);
    expect(effects).toHaveLength(count);
    expect(new Set(effects)).toEqual(new Set(ids(count)));
  });

  test.each([
    ['before the effect', true],
    ['before complete()', true],
    ['before the commit', true],
    ['after the effect', false],
  ])('%s, leaves it once', async (point, bySecondRun) => {
    const { path, rowsOf, ledger } = ledgerFile();
    const broker = processBroker(ids(5));
    const child = broker.start('crash-worker', [path, mode, 'order-2', point]);
    await child.halted;
    await child.end('SIGKILL');
    await finish(broker, path, mode, 5);
    expect(ledger()).toHaveLength(5);
    expect(rowsOf('order-2')).toEqual([{ id: 'order-2', redelivered: bySecondRun }]);
  });
});

describe('a consumer that is killed and started again, with the effect before "done"', () => {
  const mode = 'effect first';

  test('loses none, and a second run knows that there may have been a first', async () => {
    const { path, ledger, rowsOf } = ledgerFile();
    const count = 400;
    const broker = processBroker(ids(count));
    await killAgainAndAgain(broker, path, mode, () => ledger().length);
    expect(broker.done.size).toBeLessThan(count);
    await finish(broker, path, mode, count);
    expect(new Set(ledger().map(({ id }) => id))).toEqual(new Set(ids(count)));
    const again = ids(count).flatMap((id) => rowsOf(id).slice(1));
    expect(again.filter(({ redelivered }) => !redelivered)).toEqual([]);
  });

  test('between the two, has it twice: the second run is told', async () => {
    const { path, rowsOf } = ledgerFile();
    const broker = processBroker(ids(5));
    const child = broker.start('crash-worker', [path, mode, 'order-2', 'after the effect']);
    await child.halted;
    await child.end('SIGKILL');
    await finish(broker, path, mode, 5);
    expect(rowsOf('order-2')).toEqual([
      { id: 'order-2', redelivered: false },
      { id: 'order-2', redelivered: true },
    ]);
  });

  test('before the effect, has it once', async () => {
    const { path, rowsOf } = ledgerFile();
    const broker = processBroker(ids(5));
    const child = broker.start('crash-worker', [path, mode, 'order-2', 'before the effect']);
    await child.halted;
    await child.end('SIGKILL');
    await finish(broker, path, mode, 5);
    expect(rowsOf('order-2')).toEqual([{ id: 'order-2', redelivered: true }]);
  });
});
