import { eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

test('publish one event, and get it by its number', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString });
  const reader = eventstoreReader({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), reader.close()]);
  });

  const { revision } = await publisher.publish(
    { type: 'ParcelWeighed', data: { parcel: 'A-1', pounds: 10 } },
    { stream: 'parcels' },
  );
  const found = await reader.get('parcels', revision);

  expect(found?.event).toMatchObject({ type: 'ParcelWeighed', data: { parcel: 'A-1', pounds: 10 } });
  expect(await reader.get('parcels', revision + 1n)).toBeUndefined();
});
