import type { StreamSlice } from '@millrace/eventstore';
import { eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

const weights = [12, 7, 9, 30];

const poundsOf = ({ events }: StreamSlice) =>
  events.map(({ event }) => (event?.data as { readonly pounds: number }).pounds);

test('publish several events at once, and get them in slices, forwards and backwards', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString, stream: 'parcels' });
  const reader = eventstoreReader({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), reader.close()]);
  });

  await publisher.publishMany(weights.map((pounds) => ({ type: 'ParcelWeighed', data: { pounds } })));

  expect(poundsOf(await reader.slice('parcels'))).toEqual([12, 7, 9, 30]);
  expect(poundsOf(await reader.slice('parcels', { direction: 'backwards' }))).toEqual([30, 9, 7, 12]);

  const first = await reader.slice('parcels', { count: 3 });
  const second = await reader.slice('parcels', { count: 3, from: first.next });
  expect(poundsOf(first)).toEqual([12, 7, 9]);
  expect(poundsOf(second)).toEqual([30]);
  expect(second.next).toBeUndefined();
});
