import { DatabaseSync } from 'node:sqlite';
import { onTestFinished, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import type { DatabaseSettings } from '../../../src/stores/sqlite/open-database.ts';
import { connect } from '../../../src/stores/sqlite/connection.ts';
import { openDatabase } from '../../../src/stores/sqlite/open-database.ts';
import { databaseFile } from '../support/database-file.ts';

function openConnection(changes: Partial<DatabaseSettings> = {}) {
  const settings: DatabaseSettings = {
    path: databaseFile(),
    durability: 'full',
    busyTimeout: 5_000,
    ...changes,
  };
  const database = openDatabase(settings);
  const blocker = new DatabaseSync(settings.path);
  onTestFinished(() => {
    database.close();
    blocker.close();
  });
  database.exec('CREATE TABLE log (line TEXT)');
  const connection = connect(database, settings, systemClock);
  const lines = () =>
    database
      .prepare('SELECT line FROM log')
      .all()
      .map((row) => row['line']);
  return { connection, blocker, database, lines };
}

test('a lock that stays is given up after busyTimeout, without stopping the event loop meanwhile', async () => {
  const { connection, blocker, database, lines } = openConnection({ busyTimeout: 100 });
  blocker.exec('BEGIN IMMEDIATE');
  let turns = 0;
  const counting = setInterval(() => (turns += 1), 1);
  onTestFinished(() => clearInterval(counting));
  await expect(
    connection.write(() => database.exec("INSERT INTO log VALUES ('late')")),
  ).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('stayed locked'),
  });
  expect(turns).toBeGreaterThan(0);
  blocker.exec('ROLLBACK');
  await connection.write(() => database.exec("INSERT INTO log VALUES ('in time')"));
  expect(lines()).toEqual(['in time']);
});

test('calls that wait for a lock keep their order', async () => {
  const { connection, blocker, database, lines } = openConnection();
  blocker.exec('BEGIN IMMEDIATE');
  const add = (line: string) =>
    connection.write(() => database.prepare('INSERT INTO log VALUES (?)').run(line));
  const writes = ['first', 'second', 'third'].map(add);
  const read = connection.read(lines);
  setTimeout(() => blocker.exec('ROLLBACK'), 30);
  await Promise.all(writes);
  expect(await read).toEqual(['first', 'second', 'third']);
});

test('a write that throws leaves nothing and does not stop the next one', async () => {
  const { connection, database, lines } = openConnection();
  const failing = connection.write(() => {
    database.exec("INSERT INTO log VALUES ('half')");
    throw new RangeError('no more');
  });
  const next = connection.write(() => database.exec("INSERT INTO log VALUES ('whole')"));
  await expect(failing).rejects.toThrow(new RangeError('no more'));
  await next;
  expect(lines()).toEqual(['whole']);
});

test('writing through syncs the log whatever the durability, and later writes do as before', async () => {
  const { connection, database } = openConnection({ durability: 'normal' });
  const synchronous = () => database.prepare('PRAGMA synchronous').get()?.['synchronous'];
  expect(await connection.write(synchronous)).toBe(1);
  expect(await connection.writeThrough(synchronous)).toBe(2);
  expect(await connection.write(synchronous)).toBe(1);
  await expect(
    connection.writeThrough(() => {
      throw new RangeError('no more');
    }),
  ).rejects.toThrow('no more');
  expect(await connection.write(synchronous)).toBe(1);
});
