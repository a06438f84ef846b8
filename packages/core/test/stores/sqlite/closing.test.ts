import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { toPosition } from '../../../src/message.ts';
import type { SqliteStore } from '../../../src/sqlite.ts';
import { openStore } from '../support/open-store.ts';

const claim = { key: 'a', owner: 'me', fence: 1 };

describe('a closed store is unavailable', () => {
  const calls: Readonly<Record<string, (store: SqliteStore) => Promise<unknown>>> = {
    claimMany: ({ idempotency }) => idempotency.claimMany([{ key: 'a' }], { owner: 'me', lease: 1 }),
    completeMany: ({ idempotency }) => idempotency.completeMany([claim], { retention: 1 }),
    extendMany: ({ idempotency }) => idempotency.extendMany([claim], { lease: 1 }),
    releaseMany: ({ idempotency }) => idempotency.releaseMany([{ ...claim, counted: true }]),
    areDone: ({ idempotency }) => idempotency.transactions.areDone([claim]),
    load: ({ replay }) => replay.load('a'),
    save: ({ replay }) => replay.save('a', { position: toPosition('1'), fence: 1 }),
    putMany: ({ deadLetters }) => deadLetters.putMany([]),
    list: ({ deadLetters }) => deadLetters.list({}, { limit: 1 }),
    acquire: ({ ownership }) => ownership.acquire('a', { owner: 'me', lease: 1 }),
    transaction: async ({ transaction }) => transaction(() => 1),
  };

  test.each(Object.keys(calls))('%s', async (name) => {
    const store = openStore();
    store.close();
    await expect(calls[name]?.(store)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('closed'),
    });
  });
});

test('closing twice, or after the connection was closed by its user, does nothing', async () => {
  const store = openStore();
  store.database.close();
  store.close();
  store.close();
  store[Symbol.dispose]();
  await store[Symbol.asyncDispose]();
  await expect(store.replay.load('a')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

test('disposing closes, and the last connection tidies the log away', async () => {
  const store = openStore();
  expect(existsSync(`${store.path}-wal`)).toBe(true);
  await store[Symbol.asyncDispose]();
  expect(existsSync(`${store.path}-wal`)).toBe(false);
});
