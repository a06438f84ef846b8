import { expect, test } from 'vitest';
import type { DeadLetter } from '../../../src/index.ts';
import { openStore } from '../support/open-store.ts';

const letter: DeadLetter = {
  id: 'one',
  consumer: 'billing',
  source: 'orders',
  handler: 'placed',
  reason: 'exhausted',
  error: { name: 'TypeError', code: undefined, message: 'no such customer', stack: undefined },
  attempts: 5,
  diedAt: 1_767_225_600_000,
  redrives: 0,
  message: {
    id: 'm-1',
    type: 'OrderPlaced.shop',
    headers: {},
    key: undefined,
    channel: undefined,
    position: undefined,
    time: undefined,
    data: { order: { id: 7 } },
    raw: '{"order":{"id":7}}',
  },
};

test('the table can be read and searched with plain SQL', async () => {
  const { database, deadLetters } = openStore();
  await deadLetters.putMany([letter]);
  const row = database
    .prepare(
      `SELECT type, handler, reason, error_message, attempts, message_id, datetime(died_at / 1000, 'unixepoch') AS died,
              letter ->> '$.message.data.order.id' AS order_id
         FROM millrace_dead_letters`,
    )
    .get();
  expect(row).toEqual({
    type: 'OrderPlaced.shop',
    handler: 'placed',
    reason: 'exhausted',
    error_message: 'no such customer',
    attempts: 5,
    message_id: 'm-1',
    died: '2026-01-01 00:00:00',
    order_id: 7,
  });
});

test('a letter that somebody has spoilt is reported', async () => {
  const { database, deadLetters } = openStore();
  await deadLetters.putMany([letter]);
  database.exec("UPDATE millrace_dead_letters SET letter = '{'");
  await expect(deadLetters.get('one')).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
});
