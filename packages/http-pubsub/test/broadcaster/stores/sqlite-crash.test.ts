import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { systemClock } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { expect, onTestFinished, test } from 'vitest';
import { bodyOf, toBuffer } from '../../../src/broadcaster/memory/bodies.ts';
import type { LeasedDelivery, LeasedHint } from '../../../src/broadcaster/ports/delivery-store.ts';
import { sqliteBroadcasterStore } from '../../../src/broadcaster/stores/sqlite/sqlite-broadcaster-store.ts';
import type { SqliteBroadcasterStoreOptions } from '../../../src/broadcaster/stores/sqlite/options.ts';
import { startChild } from './support/child.ts';

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-pubsub-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

function open(path: string, options: Partial<SqliteBroadcasterStoreOptions> = {}) {
  const store = sqliteBroadcasterStore({ path, ...options });
  onTestFinished(() => store.close());
  return store;
}

const message = (key: string, length: number) => ({
  key,
  topic: Buffer.from('t'),
  digest: Buffer.alloc(64),
  tracing: Buffer.alloc(0),
  publishedAt: Date.now(),
  body: bodyOf(Buffer.alloc(length)),
});
const bodyOfLease = async (each: LeasedDelivery | LeasedHint) =>
  each.kind === 'message' ? toBuffer(each.message.body) : undefined;
const holder = { owner: 'test', lease: 60_000 };
const request = { owner: 'test', lease: 60_000, limit: 10_000, perUrl: 10_000 };

test('all that a broadcaster was promised is there after it was killed, and is leased anew when its lease is over', async () => {
  const path = join(await newFolder(), 'broadcaster.db');
  const child = startChild('sqlite-writer', [path, 'keep']);
  const said = [await child.nextLine(), await child.nextLine(), await child.nextLine()];
  said.push(...(await child.kill()));

  const now = open(path);
  const { deliveries } = await now.deliveries.counts();
  expect([said.length, said.length + 1], 'the last one may not have been said').toContain(deliveries);
  expect(await now.deliveries.lease(request)).toEqual([]);

  const clock = manualClock(systemClock.now() + 61_000);
  const later = open(path, { clock });
  const leased = await later.deliveries.lease(request);
  expect(leased.map(({ id }) => id)).toEqual(expect.arrayContaining(said));
  for (const each of leased) {
    expect(each).toMatchObject({ kind: 'message', fence: 2, owner: 'test' });
    expect(await bodyOfLease(each)).toEqual(Buffer.alloc(5_000, 'x'));
    expect(await later.deliveries.complete(each)).toBe(true);
  }
  expect(await later.deliveries.counts()).toMatchObject({ deliveries: 0, bytes: 0 });
});

test('half of a large body that a killed broadcaster left does not stay', async () => {
  const path = join(await newFolder(), 'broadcaster.db');
  const child = startChild('sqlite-writer', [path, 'stage']);
  expect(await child.nextLine()).toBe('half');
  await child.kill();

  const clock = manualClock(systemClock.now());
  const { deliveries } = open(path, { clock });
  const delivery = {
    url: 'http://one.example/',
    recovery: undefined,
    attempts: 0,
    failure: undefined,
    delay: 0,
  };
  expect(await deliveries.counts()).toMatchObject({ deliveries: 0, bytes: 0 });
  const inspection = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => inspection.close());
  const parts = () =>
    inspection.prepare('SELECT count(DISTINCT body) AS bodies FROM millrace_pubsub_bodies').get();
  await deliveries.put(message('soon', 2 * 2 ** 20), [{ ...delivery, id: 'soon' }], holder);
  expect(parts(), 'it may still be at work').toEqual({ bodies: 2 });
  await clock.advance(3_600_001);
  await deliveries.put(message('later', 2 * 2 ** 20), [{ ...delivery, id: 'later' }], holder);
  expect(parts()).toEqual({ bodies: 2 });
});

test('a large body that finds no room leaves nothing', async () => {
  const path = join(await newFolder(), 'broadcaster.db');
  const { deliveries } = open(path, { maxDeliveries: 1 });
  const delivery = {
    url: 'http://one.example/',
    recovery: undefined,
    attempts: 0,
    failure: undefined,
    delay: 0,
  };
  const large = (key: string) =>
    deliveries.put(message(key, 2 * 2 ** 20), [{ ...delivery, id: key }], holder);
  expect((await Promise.all([large('a'), large('b')])).sort()).toEqual(['full', 'kept']);
  const inspection = new DatabaseSync(path, { readOnly: true });
  onTestFinished(() => inspection.close());
  expect(
    inspection.prepare('SELECT count(DISTINCT body) AS bodies FROM millrace_pubsub_bodies').get(),
  ).toEqual({
    bodies: 1,
  });
  expect(inspection.prepare('SELECT count(*) AS staged FROM millrace_pubsub_staged').get()).toEqual({
    staged: 0,
  });
});

test('a body that is shorter or longer than it says is PUBSUB_MALFORMED and leaves nothing', async () => {
  const { deliveries } = open(join(await newFolder(), 'broadcaster.db'));
  for (const [length, says] of [
    [10, 11],
    [10, 9],
    [2_000_000, 2_000_001],
  ] as const) {
    const body = { ...bodyOf(Buffer.alloc(length)), length: says };
    await expect(deliveries.put({ ...message('m', 0), body }, [], holder)).rejects.toMatchObject({
      code: 'PUBSUB_MALFORMED',
    });
  }
  expect(await deliveries.counts()).toMatchObject({ bytes: 0 });
});

test('a disk that takes no more is STORE_UNAVAILABLE, and what was kept before is sound', async () => {
  const path = join(await newFolder(), 'broadcaster.db');
  const child = startChild('sqlite-writer', [path, 'keep'], { fileLimit: 400 });
  const said: string[] = [];
  for (let line = await child.nextLine(); /^\d+$/.test(line); line = await child.nextLine()) said.push(line);
  const rest = await child.kill();
  expect(rest, 'it stops at the first error').toEqual([]);
  expect(said.length).toBeGreaterThan(3);
  const { deliveries } = open(path, { clock: manualClock(systemClock.now() + 61_000) });
  const leased = await deliveries.lease(request);
  expect(leased.map(({ id }) => id)).toEqual(expect.arrayContaining(said));
});

test('what can not be opened says why', async () => {
  const folder = await newFolder();
  expect(() => sqliteBroadcasterStore(join(folder, 'missing', 'broadcaster.db'))).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
  );
  const text = join(folder, 'text.db');
  await writeFile(text, 'This is no database, but a text that is long enough to look at. '.repeat(20));
  expect(() => sqliteBroadcasterStore(text)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));

  const newer = join(folder, 'newer.db');
  open(newer);
  const database = new DatabaseSync(newer);
  database.exec('UPDATE millrace_pubsub_state SET version = 2');
  database.close();
  expect(() => sqliteBroadcasterStore(newer)).toThrow(
    expect.objectContaining({
      code: 'STORE_CORRUPT',
      message: expect.stringContaining('@millrace/http-pubsub'),
    }),
  );
});

test('after close all calls are STORE_UNAVAILABLE', async () => {
  const store = open(join(await newFolder(), 'broadcaster.db'));
  await store.close();
  await expect(store.subscriptions.match(Buffer.from('t'))).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
  });
  await expect(store.replayGuard.remember('proof', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test.each([
  { path: '' },
  { path: ':memory:' },
  { path: 'file:broadcaster.db' },
  { durability: 'none' as 'full' },
  { maxDeliveries: -1 },
  { busyTimeout: 0.5 },
])('PUBSUB_OPTIONS for %j', (options) => {
  expect(() => sqliteBroadcasterStore({ path: 'unused.db', ...options })).toThrow(
    expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
  );
});
