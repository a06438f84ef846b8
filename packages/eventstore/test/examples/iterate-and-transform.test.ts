import type { OutgoingEvent, ResolvedEvent } from '@millrace/eventstore';
import { eventstorePublisher, eventstoreReader } from '@millrace/eventstore';
import { expect, onTestFinished, test } from 'vitest';
import { database } from './support/database.ts';

async function* inKilograms(events: AsyncIterable<ResolvedEvent>): AsyncGenerator<OutgoingEvent> {
  for await (const { event } of events) {
    if (event?.type !== 'ParcelWeighed') continue;
    const { parcel, pounds } = event.data as { readonly parcel: string; readonly pounds: number };
    // The id comes from that of the event: what is run again publishes nothing twice.
    yield { id: `kg-${event.id}`, type: 'ParcelWeighed', data: { parcel, kilograms: pounds * 0.45359237 } };
  }
}

test('read a stream, transform it, publish it to another', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString });
  const reader = eventstoreReader({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), reader.close()]);
  });
  await publisher.publishMany(
    [
      { type: 'ParcelWeighed', data: { parcel: 'A-1', pounds: 100 } },
      { type: 'ParcelLost', data: { parcel: 'A-2' } },
      { type: 'ParcelWeighed', data: { parcel: 'A-3', pounds: 2 } },
    ],
    { stream: 'parcels' },
  );

  const run = () =>
    publisher.publishFrom(inKilograms(reader.iterate('parcels')), {
      stream: 'parcels-metric',
      expectedRevision: 'noStream',
    });
  expect(await run()).toEqual({ stream: 'parcels-metric', count: 2, revision: 1n });
  expect(await run()).toEqual({ stream: 'parcels-metric', count: 2, revision: 1n });

  const kilograms: unknown[] = [];
  for await (const { event } of reader.iterate('parcels-metric')) kilograms.push(event?.data);
  expect(kilograms).toEqual([
    { parcel: 'A-1', kilograms: 45.359237 },
    { parcel: 'A-3', kilograms: 0.90718474 },
  ]);
});

test('leave an iteration early, and publish what comes by and by', async () => {
  const { connectionString } = await database();
  const publisher = eventstorePublisher({ connectionString, stream: 'ticks', batchSize: 10 });
  const reader = eventstoreReader({ connectionString });
  onTestFinished(async () => {
    await Promise.all([publisher.close(), reader.close()]);
  });
  async function* ticks(): AsyncGenerator<OutgoingEvent> {
    for (let tick = 1; tick <= 25; tick += 1) yield { type: 'Ticked', data: { tick } };
  }

  expect(await publisher.publishFrom(ticks())).toMatchObject({ count: 25, revision: 24n });

  const last: unknown[] = [];
  for await (const { event } of reader.iterate('ticks', { direction: 'backwards' })) {
    last.push(event?.data);
    if (last.length === 2) break;
  }
  expect(last).toEqual([{ tick: 25 }, { tick: 24 }]);
});
