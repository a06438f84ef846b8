import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { sqliteStore } from '@millrace/core/sqlite';
import { describe, expect, test } from 'vitest';
import { nothingWrong } from './support/audit.ts';
import { temporaryFolder } from './support/ledger.ts';
import { startMemoryShop } from './support/memory-shop.ts';
import { needsSmallDisk, smallDisk } from './support/tmpfs.ts';
import { until } from './support/until.ts';

/** A closed store that remembers a few thousand events. */
async function filledFile(): Promise<string> {
  const path = join(temporaryFolder(), 'store.db');
  const store = sqliteStore({ path, durability: 'normal' });
  const keys = Array.from({ length: 5_000 }, (_, index) => ({ key: `shop/order/event-${index}` }));
  await store.idempotency.claimMany(keys, { owner: 'before', lease: 1 });
  store.close();
  return path;
}

describe('a store file that was damaged while nobody used it', () => {
  test.each([
    ['cut in the middle of a page', (size: number) => Math.floor(size / 2) + 100],
    ['cut at the end of a page', (size: number) => Math.floor(size / 8_192) * 4_096],
    ['cut in its header', () => 50],
  ])('%s, is refused when it is opened', async (_, length) => {
    const path = await filledFile();
    truncateSync(path, length(readFileSync(path).length));
    expect(() => sqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  });

  test('in pages that are met only in use, keeps the consumer from handling and acking anything, loudly', async () => {
    const path = await filledFile();
    const content = readFileSync(path);
    // The first pages are the schema's and the roots of the tables.
    writeFileSync(path, content.fill(0x5a, 16 * 4_096));
    const shop = await startMemoryShop(sqliteStore(path));
    await shop.publish(20);
    await until(() => shop.health?.status === 'degraded');
    await setTimeout(1_000);
    expect(shop.health).toMatchObject({ status: 'degraded', reason: { code: 'STORE_CORRUPT' } });
    expect(shop.effects).toBe(0);
    const found = await shop.settled({ within: 0 });
    expect([found.unsettled, found.duplicated, found.deadLettered]).toEqual([20, [], []]);
  });
});

describe('a disk that is full', needsSmallDisk(), () => {
  test('pauses the consumer, which says so, and goes on when there is space', async () => {
    const disk = smallDisk();
    const shop = await startMemoryShop(sqliteStore(join(disk.folder, 'store.db')));
    await shop.publish(100);
    await until(() => shop.effects > 20);
    disk.fill();
    await shop.publish(300);
    await until(() => shop.health?.status === 'degraded');
    await setTimeout(3_000);
    expect(shop.health).toMatchObject({ status: 'degraded', reason: { code: 'STORE_UNAVAILABLE' } });
    expect(shop.effects).toBeLessThan(400);
    disk.free();
    await until(() => shop.health?.status === 'ready');
    expect(await shop.settled({ within: 30_000 })).toEqual(nothingWrong);
    expect(shop.effects).toBe(400);
  });
});

test('a store that somebody keeps locked pauses the consumer, which says so, and goes on afterwards', async () => {
  const path = join(temporaryFolder(), 'store.db');
  const shop = await startMemoryShop(sqliteStore({ path, busyTimeout: 500 }));
  await shop.publish(100);
  await until(() => shop.effects > 20);
  const other = new DatabaseSync(path);
  other.exec('PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE');
  await shop.publish(300);
  await until(() => shop.health?.status === 'degraded');
  await setTimeout(3_000);
  expect(shop.health).toMatchObject({ status: 'degraded', reason: { code: 'STORE_UNAVAILABLE' } });
  expect(shop.effects).toBeLessThan(400);
  other.exec('ROLLBACK');
  other.close();
  expect(await shop.settled({ within: 30_000 })).toEqual(nothingWrong);
  expect(shop.effects).toBe(400);
});
