import type { StreamSlice } from '@millrace/eventstore';
import { eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

const weighed = (...weights: readonly number[]) => weights.map((pounds) => ({ pounds }));

const dataOf = ({ events }: StreamSlice) => events.map(({ event }) => event?.data);

test('publish several events at once, and get them in slices, forwards and backwards', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString, stream: 'parcels' });
  const reader = eventstoreReader({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), reader.close()]);
  });

  await publisher.publishMany(weighed(12, 7, 9, 30).map((data) => ({ type: 'ParcelWeighed', data })));

  expect(dataOf(await reader.slice('parcels'))).toEqual(weighed(12, 7, 9, 30));
  expect(dataOf(await reader.slice('parcels', { direction: 'backwards' }))).toEqual(weighed(30, 9, 7, 12));

  const first = await reader.slice('parcels', { count: 3 });
  const second = await reader.slice('parcels', { count: 3, from: first.next });
  expect(dataOf(first)).toEqual(weighed(12, 7, 9));
  expect(dataOf(second)).toEqual(weighed(30));
  expect(second.next).toBeUndefined();
});
