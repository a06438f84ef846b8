import {
  END,
  EventStoreDBClient,
  eventTypeFilter,
  excludeSystemEvents,
  jsonEvent,
  START,
} from '@eventstore/db-client';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreServer } from '../../src/eventstore.ts';
import { eventStoreServer, linkTo, refusals } from '../../src/eventstore.ts';
import { all, rejection, until } from './support/until.ts';

let server: EventStoreServer;
let client: EventStoreDBClient;

beforeEach(async () => {
  server = await eventStoreServer({ client: 'eventstore', nodes: 2 });
  client = EventStoreDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

const placed = (n: number) => jsonEvent({ type: 'Placed', data: { n } });

describe('the older client', () => {
  it('writes and reads', async () => {
    const result = await client.appendToStream('order-1', [placed(1), placed(2)]);
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 1n });
    const events = await all(client.readStream('order-1'));
    expect(events.map(({ event }) => event?.data)).toEqual([{ n: 1 }, { n: 2 }]);
    const [last] = await all(client.readAll({ direction: 'backwards', fromPosition: END, maxCount: 1 }));
    expect(last?.event?.streamId).toBe('$et-Placed');
    const again = client.appendToStream('order-1', placed(3), { expectedRevision: 'no_stream' });
    expect(await rejection(again)).toMatchObject({ type: 'wrong-expected-version', actualVersion: 1n });
    expect(await rejection(all(client.readStream('nowhere')))).toMatchObject({ type: 'stream-not-found' });
  });

  it('deletes streams, for good too', async () => {
    await client.appendToStream('order-1', placed(1));
    await client.deleteStream('order-1');
    await client.appendToStream('order-1', placed(2));
    expect(await all(client.readStream('order-1'))).toHaveLength(1);
    await client.tombstoneStream('order-1');
    expect(await rejection(all(client.readStream('order-1')))).toMatchObject({ type: 'stream-deleted' });
  });

  it('subscribes, catches up and follows links', async () => {
    server.append('a-1', [{ type: 'A' }]);
    server.append('picks', [linkTo('a-1', 0n), linkTo('a-1', 7n)]);
    const subscription = client.subscribeToStream('picks', { fromRevision: START, resolveLinkTos: true });
    const events: unknown[] = [];
    subscription.on('data', ({ event, link }) => events.push([event?.type, link?.revision]));
    await once(subscription, 'caughtUp');
    server.append('picks', [linkTo('a-1', 0n)]);
    await until(() => events.length === 3);
    expect(events).toEqual([
      ['A', 0n],
      [undefined, 1n],
      ['A', 2n],
    ]);
    await subscription.unsubscribe();
  });

  it('filters $all, with checkpoints', async () => {
    server.append(
      'order-1',
      Array.from({ length: 20 }, () => ({ type: 'Placed' })),
    );
    let checkpoints = 0;
    const filter = eventTypeFilter({
      prefixes: ['Never'],
      maxSearchWindow: 10,
      checkpointInterval: 1,
      checkpointReached: async () => void (checkpoints += 1),
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    subscription.on('data', () => {});
    await until(() => checkpoints === 6);
    expect(server.counters).toMatchObject({ checkpointsSent: 6, eventsSent: 0 });
    await subscription.unsubscribe();
    const own = client.subscribeToAll({ fromPosition: START, filter: excludeSystemEvents() });
    const types: unknown[] = [];
    own.on('data', ({ event }) => types.push(event?.type));
    await until(() => types.length === 20);
    expect(new Set(types)).toEqual(new Set(['Placed']));
    await own.unsubscribe();
  });

  it('meets faults', async () => {
    server.append('order-1', [{ type: 'Placed' }]);
    const open = async () => {
      const subscription = client.subscribeToStream('order-1', { fromRevision: START });
      const seen = new Promise((resolve) => subscription.once('data', resolve));
      const failed = new Promise((resolve) => subscription.once('error', resolve));
      const ended = new Promise((resolve) => subscription.once('end', resolve));
      await seen;
      return { failed, ended };
    };
    const busy = await open();
    server.faults.endSubscriptions(refusals.tooBusy);
    expect(await busy.failed).toMatchObject({ type: 'unavailable' });
    const ok = await open();
    server.faults.endSubscriptions();
    await ok.ended;
    const killed = await open();
    server.faults.killConnections();
    expect(await killed.failed).toMatchObject({ type: expect.stringMatching(/unavailable|cancelled/) });
  });
});
