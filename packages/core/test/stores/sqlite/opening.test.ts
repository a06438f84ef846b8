import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { toPosition } from '../../../src/message.ts';
import type { SqliteStoreOptions } from '../../../src/sqlite.ts';
import { sqliteStore } from '../../../src/sqlite.ts';
import { databaseFile } from '../support/database-file.ts';
import { openStore } from '../support/open-store.ts';

test('a store that is opened again knows what it knew', async () => {
  const path = databaseFile();
  const before = sqliteStore(path);
  await before.replay.save('key', { position: toPosition('42'), fence: 3 });
  await before.idempotency.claimMany([{ key: 'a' }], { owner: 'me', lease: 60_000 });
  before.close();
  const after = openStore({ path });
  expect(await after.replay.load('key')).toEqual({ position: '42', fence: 3 });
  expect(
    await after.idempotency.completeMany([{ key: 'a', owner: 'me', fence: 1 }], { retention: 1 }),
  ).toEqual([true]);
});

test.each([
  ['text', Buffer.from('What is this? '.repeat(100))],
  ['a few bytes', Buffer.from('short')],
  ['a damaged header', Buffer.concat([Buffer.from('SQLite format 4\0'), Buffer.alloc(4_096)])],
])('a file that is no database is refused and left as it is: %s', (_, content) => {
  const path = databaseFile();
  writeFileSync(path, content);
  expect(() => sqliteStore(path)).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT', message: expect.stringContaining(path) }),
  );
  expect(readFileSync(path).equals(content)).toBe(true);
});

test.each([0.25, 0.5, 0.9])('a database that was cut to %s of its length is refused', async (part) => {
  const path = databaseFile();
  const store = sqliteStore(path);
  const requests = Array.from({ length: 500 }, (_, index) => ({ key: `key-${index}` }));
  await store.idempotency.claimMany(requests, { owner: 'me', lease: 60_000 });
  store.close();
  truncateSync(path, Math.floor(statSync(path).size * part));
  expect(() => sqliteStore(path)).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
});

test('pages overwritten with garbage are reported by the call that meets them', async () => {
  const path = databaseFile();
  const first = sqliteStore(path);
  const requests = Array.from({ length: 500 }, (_, index) => ({ key: `key-${index}` }));
  await first.idempotency.claimMany(requests, { owner: 'me', lease: 60_000 });
  first.close();
  const content = readFileSync(path);
  content.fill(0xa5, 8 * 4_096);
  writeFileSync(path, content);
  const store = openStore({ path });
  await expect(store.idempotency.claimMany(requests, { owner: 'you', lease: 60_000 })).rejects.toMatchObject({
    code: 'STORE_CORRUPT',
  });
});

test('a store of a newer version is refused and left as it is', () => {
  const { path, database } = openStore();
  database.exec('UPDATE millrace_schema SET version = 2');
  expect(() => sqliteStore(path)).toThrow(
    expect.objectContaining({
      code: 'STORE_CORRUPT',
      message: expect.stringMatching(/schema version 2.* knows 1/),
    }),
  );
  expect(database.prepare('SELECT version FROM millrace_schema').get()).toEqual({ version: 2 });
});

test('tables that somebody has changed are reported', () => {
  const { path, database } = openStore();
  database.exec('DROP TABLE millrace_markers');
  expect(() => sqliteStore(path)).toThrow(
    expect.objectContaining({ code: 'STORE_CORRUPT', message: expect.stringContaining('millrace_markers') }),
  );
});

test('the database of an application keeps its tables and its user_version', () => {
  const path = databaseFile();
  const application = new DatabaseSync(path);
  application.exec(
    'PRAGMA user_version = 7; CREATE TABLE orders (id INTEGER PRIMARY KEY); INSERT INTO orders VALUES (1)',
  );
  const { database } = openStore({ path });
  expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 7 });
  expect(database.prepare('SELECT id FROM orders').all()).toEqual([{ id: 1 }]);
  application.close();
});

test('a lock that keeps a new file from its write-ahead log is waited for, busyTimeout long', () => {
  const path = databaseFile();
  const application = new DatabaseSync(path);
  application.exec('CREATE TABLE orders (id INTEGER); BEGIN IMMEDIATE');
  const before = performance.now();
  expect(() => sqliteStore({ path, busyTimeout: 100 })).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('stayed locked') }),
  );
  expect(performance.now() - before).toBeGreaterThanOrEqual(100);
  application.exec('COMMIT');
  openStore({ path, busyTimeout: 100 });
  application.close();
});

test('a directory that is not there is unavailable', () => {
  const path = join(dirname(databaseFile()), 'missing', 'store.db');
  expect(() => sqliteStore(path)).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining('directory') }),
  );
});

test('a URI is refused, which Node versions read differently', () => {
  expect(() => sqliteStore('file:billing.db')).toThrow(
    expect.objectContaining({ code: 'CONSUMER_OPTIONS', message: expect.stringContaining('plain path') }),
  );
});

test.each(['', ':memory:', 'file::memory:?cache=shared'])('a store in memory is refused: %j', (path) => {
  expect(() => sqliteStore(path)).toThrow(
    expect.objectContaining({ code: 'CONSUMER_OPTIONS', message: expect.stringContaining('memoryStore()') }),
  );
});

test.each([
  ['path', { path: 7 }],
  ['durability', { durability: 'off' }],
  ['busyTimeout', { busyTimeout: -1 }],
  ['busyTimeout', { busyTimeout: Infinity }],
  ['abandonedRetention', { abandonedRetention: Number.NaN }],
])('a wrong option is refused before anything is made: %s', (option, wrong) => {
  const path = databaseFile();
  expect(() => sqliteStore({ path, ...wrong } as SqliteStoreOptions)).toThrow(
    expect.objectContaining({ code: 'CONSUMER_OPTIONS', message: expect.stringContaining(`"${option}"`) }),
  );
  expect(existsSync(path)).toBe(false);
});

test.each([
  ['full', 2],
  ['normal', 1],
] as const)('the connection for transactions has durability %s', (durability, synchronous) => {
  const { database } = openStore({ durability });
  expect(database.prepare('PRAGMA synchronous').get()).toEqual({ synchronous });
  expect(database.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' });
});
