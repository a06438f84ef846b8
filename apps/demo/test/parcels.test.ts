import { describe, expect, it, onTestFinished } from 'vitest';
import { startEventStore } from '../src/parcels/event-store.ts';
import type { ParcelEvent } from '../src/parcels/events.ts';
import { customsGroup } from '../src/parcels/events.ts';
import { stateOf } from '../src/parcels/state.ts';

const parcelId = '123456789123-1';

function event(sequence: number, type: string, more: Partial<ParcelEvent> = {}): ParcelEvent {
  const id = `00000000-0000-4000-8000-00000000000${sequence}`;
  const data = { parcelId, sequence, place: 'Lyon hub', warehouse: 'graz-1' };
  return { id, type, data, expected: 'effect', ...more };
}

async function start() {
  const eventStore = await startEventStore();
  onTestFinished(() => eventStore.close());
  await eventStore.groups.create(customsGroup, { startFrom: 'start' });
  return eventStore;
}

describe('the event store of parcels', () => {
  it('tells who has to hear of an event, and takes one that is published again once', async () => {
    const { publish, server } = await start();
    const abroad = event(1, 'ParcelSentAbroad', { customs: 'replayed' });
    const heard = [
      { source: 'parcels', eventId: abroad.id, expected: 'effect' },
      { source: 'customs', eventId: abroad.id, expected: 'replayed' },
    ];
    expect(await publish(abroad)).toEqual(heard);
    expect(await publish(abroad)).toEqual(heard);
    expect(await publish(event(2, 'ParcelScanned'))).toHaveLength(1);
    expect(server.read(`parcel-${parcelId}`)).toHaveLength(2);
  });

  it('counts what is not settled: by the marker of the category, and by what the group says of itself', async () => {
    const { publish, unsettled, server } = await start();
    await publish(event(1, 'ParcelPacked'));
    await publish(event(2, 'ParcelSentAbroad', { customs: 'effect' }));
    await publish(event(3, 'ParcelSentAbroad', { customs: 'effect' }));
    expect(await unsettled(() => undefined)).toBe(3 + 2);
    expect(await unsettled((stream) => (stream === '$ce-parcel' ? 1n : undefined))).toBe(1 + 2);
    expect(await unsettled(() => 2n)).toBe(2);
    await server.nodes[0]?.stop();
    expect(await unsettled(() => 2n)).toBeGreaterThan(0);
  });

  it('knows from the streams where parcels are', async () => {
    const { publish, parcels } = await start();
    await publish(event(1, 'ParcelPacked'));
    expect(parcels()).toEqual([{ parcelId, status: 'packed', place: 'graz-1', scans: 0 }]);
    await publish(event(2, 'ParcelHandedOver'));
    await publish(event(3, 'ParcelScanned'));
    expect(parcels()).toEqual([{ parcelId, status: 'under way', place: 'Lyon hub', scans: 1 }]);
  });
});

describe('where a parcel is', () => {
  it('is not known without its first event, and leaves out what can not be read', () => {
    expect(stateOf('1', [{ type: 'ParcelScanned', data: { place: 'Bern' } }])).toBeUndefined();
    const packed = { type: 'ParcelPacked', data: { warehouse: 'graz-1' } };
    expect(stateOf('1', [packed, { type: 'ParcelScanned', data: { place: 7 } }])).toMatchObject({
      place: 'graz-1',
      scans: 0,
    });
    expect(stateOf('1', [packed, { type: 'ParcelDelivered', data: { place: 'Bern' } }])).toMatchObject({
      status: 'delivered',
      place: 'Bern',
    });
  });
});
