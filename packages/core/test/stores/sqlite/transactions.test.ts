import { symlinkSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Claim } from '../../../src/index.ts';
import type { SqliteStore } from '../../../src/sqlite.ts';
import { databaseFile } from '../support/database-file.ts';
import { openStore } from '../support/open-store.ts';

const retention = 60_000;

async function storeWithClaim() {
  const store = openStore({ busyTimeout: 50 });
  store.database.exec('CREATE TABLE effects (name TEXT)');
  await store.idempotency.claimMany([{ key: 'order' }], { owner: 'me', lease: 60_000 });
  const claim: Claim = { key: 'order', owner: 'me', fence: 1 };
  return {
    ...store,
    claim,
    insert: store.database.prepare('INSERT INTO effects VALUES (?)'),
    effects: () =>
      store.database
        .prepare('SELECT name FROM effects')
        .all()
        .map((row) => row['name']),
    complete: (connection: unknown) =>
      store.idempotency.transactions.complete(connection, claim, { retention }),
    isDone: async () => (await store.idempotency.transactions.areDone([claim]))[0],
  };
}

function connectionTo(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  onTestFinished(() => database.close());
  return database;
}

describe('store.transaction', () => {
  test('commits effect and done together and returns what the work returns', async () => {
    const { transaction, insert, complete, effects, isDone } = await storeWithClaim();
    const result = transaction((database) => {
      insert.run('paid');
      void complete(database);
      return 'returned';
    });
    expect(result).toBe('returned');
    expect(effects()).toEqual(['paid']);
    expect(await isDone()).toBe(true);
  });

  test('rolls back when the work throws, and throws the same', async () => {
    const { transaction, insert, complete, effects, isDone } = await storeWithClaim();
    const error = new RangeError('card declined');
    expect(() =>
      transaction((database) => {
        insert.run('paid');
        void complete(database);
        throw error;
      }),
    ).toThrow(error);
    expect(effects()).toEqual([]);
    expect(await isDone()).toBe(false);
  });

  test("an error of the user's own SQL comes through as it is", async () => {
    const { transaction } = await storeWithClaim();
    expect(() => transaction((database) => database.exec('INSERT INTO nowhere VALUES (1)'))).toThrow(
      expect.objectContaining({ code: 'ERR_SQLITE_ERROR', message: expect.stringContaining('nowhere') }),
    );
  });

  test('an async function is refused before it runs', async () => {
    const { transaction } = await storeWithClaim();
    let ran = false;
    expect(() =>
      transaction(async () => {
        ran = true;
      }),
    ).toThrow(
      expect.objectContaining({ code: 'TRANSACTION_UNSUPPORTED', message: expect.stringContaining('async') }),
    );
    expect(ran).toBe(false);
  });

  test('work that returns a promise is rolled back, and what becomes of the promise hurts nobody', async () => {
    const { transaction, insert, effects } = await storeWithClaim();
    expect(() =>
      transaction(() => {
        insert.run('paid');
        return Promise.reject(new Error('later'));
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'TRANSACTION_UNSUPPORTED',
        message: expect.stringContaining('promise'),
      }),
    );
    expect(effects()).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
  });

  test('a transaction within a transaction is refused and the outer one is rolled back', async () => {
    const { transaction, insert, effects } = await storeWithClaim();
    expect(() =>
      transaction(() => {
        insert.run('outer');
        transaction(() => insert.run('inner'));
      }),
    ).toThrow(
      expect.objectContaining({
        code: 'TRANSACTION_UNSUPPORTED',
        message: expect.stringContaining('inside'),
      }),
    );
    expect(effects()).toEqual([]);
  });

  test('work that ends the transaction by itself is told so', async () => {
    const { transaction } = await storeWithClaim();
    expect(() => transaction((database) => database.exec('COMMIT'))).toThrow(
      expect.objectContaining({
        code: 'TRANSACTION_UNSUPPORTED',
        message: expect.stringContaining('by itself'),
      }),
    );
    expect(transaction(() => 'usable again')).toBe('usable again');
  });

  test('is unavailable while somebody else keeps the lock', async () => {
    const { transaction, path } = await storeWithClaim();
    connectionTo(path).exec('BEGIN IMMEDIATE');
    expect(() => transaction(() => 1)).toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
  });

  test('the store can be asked within the work; it answers after the commit', async () => {
    const { transaction, complete, idempotency } = await storeWithClaim();
    const answer = transaction((database) => {
      void complete(database);
      return { later: idempotency.claimMany([{ key: 'order' }], { owner: 'other', lease: 1_000 }) };
    });
    expect(await answer.later).toEqual([{ status: 'done' }]);
  });
});

describe("complete in a user's own transaction", () => {
  test('on another connection to the same file', async () => {
    const { path, complete, effects, isDone } = await storeWithClaim();
    const database = connectionTo(path);
    database.exec("BEGIN IMMEDIATE; INSERT INTO effects VALUES ('paid')");
    void complete(database);
    expect(await isDone()).toBe(false);
    database.exec('COMMIT');
    expect(effects()).toEqual(['paid']);
    expect(await isDone()).toBe(true);
  });

  test('on a connection that reached the file by a link', async () => {
    const { path, complete, isDone } = await storeWithClaim();
    symlinkSync(path, `${path}.link`);
    const database = connectionTo(`${path}.link`);
    database.exec('BEGIN IMMEDIATE');
    void complete(database);
    database.exec('COMMIT');
    expect(await isDone()).toBe(true);
  });

  const unsupported: Readonly<Record<string, (store: SqliteStore & { readonly path: string }) => unknown>> = {
    'the connection is not in a transaction': ({ path }) => connectionTo(path),
    'the connection is closed': ({ path }) => {
      const database = new DatabaseSync(path);
      database.close();
      return database;
    },
    'the main database of the connection is in memory': () => begun(connectionTo(':memory:')),
    'the main database of the connection is /': () => begun(connectionTo(databaseFile())),
    'not a DatabaseSync': ({ database }) => ({ ...database, exec: () => undefined }),
  };

  test.each(Object.keys(unsupported))('is refused when %s', async (reason) => {
    const store = await storeWithClaim();
    const connection = unsupported[reason]?.(store);
    expect(() => store.complete(connection)).toThrow(
      expect.objectContaining({ code: 'TRANSACTION_UNSUPPORTED', message: expect.stringContaining(reason) }),
    );
    expect(await store.isDone()).toBe(false);
  });

  test('is refused when the file is attached only: SQLite would commit it apart', async () => {
    const { path, complete } = await storeWithClaim();
    const database = connectionTo(databaseFile());
    database.exec(`ATTACH '${path}' AS store`);
    expect(() => complete(begun(database))).toThrow(
      expect.objectContaining({ code: 'TRANSACTION_UNSUPPORTED' }),
    );
  });

  test('a transaction that began without the lock and lost it is told to take it', async () => {
    const { path, complete, replay, database: own } = await storeWithClaim();
    const database = connectionTo(path);
    database.exec('BEGIN');
    database.prepare('SELECT * FROM effects').all();
    own.exec("INSERT INTO effects VALUES ('in between')");
    expect(() => complete(database)).toThrow(
      expect.objectContaining({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('BEGIN IMMEDIATE'),
      }),
    );
    expect(await replay.load('still works')).toBeUndefined();
  });
});

function begun(database: DatabaseSync): DatabaseSync {
  database.exec('BEGIN IMMEDIATE');
  return database;
}
