import { eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

test('connect, and ask whether the database answers', async () => {
  const { connectionString } = await database();

  const reader = eventstoreReader({ connectionString });
  onTestFinished(() => reader.close());
  const { roundTrip } = await reader.ping();

  expect(roundTrip).toBeGreaterThan(0);
});

test('a database that is not there is said to be so', async () => {
  const { connectionString, close } = await database();
  await close();

  const reader = eventstoreReader({ connectionString: `${connectionString}&maxDiscoverAttempts=1` });
  onTestFinished(() => reader.close());

  await expect(reader.ping()).rejects.toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
});
