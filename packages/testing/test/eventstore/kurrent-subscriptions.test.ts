import type { Position } from '@kurrent/kurrentdb-client';
import {
  END,
  eventTypeFilter,
  excludeSystemEvents,
  KurrentDBClient,
  START,
  streamNameFilter,
} from '@kurrent/kurrentdb-client';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreServer } from '../../src/eventstore.ts';
import { eventStoreServer } from '../../src/eventstore.ts';
import { rejection, until } from './support/until.ts';

let server: EventStoreServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

/** Takes the first `count` events of a subscription, and ends it. */
async function take<T>(
  subscription: AsyncIterable<T> & { unsubscribe(): Promise<void> },
  count: number,
): Promise<T[]> {
  const events: T[] = [];
  for await (const event of subscription) if (events.push(event) === count) break;
  await subscription.unsubscribe();
  return events;
}

const numbered = (count: number, type = 'Placed') =>
  Array.from({ length: count }, (_, data) => ({ type, data }));

describe('a subscription to a stream', () => {
  it('brings what is there, says so, and goes on with what is written', async () => {
    server.append('order-1', numbered(3));
    const subscription = client.subscribeToStream('order-1', { fromRevision: 0n });
    const caughtUp = once(subscription, 'caughtUp');
    const taking = take(subscription, 3);
    const [at] = (await caughtUp) as [{ streamRevision?: bigint }];
    expect(at).toMatchObject({ revision: 2n });
    server.append('order-1', [{ type: 'Placed', data: 'live' }]);
    expect((await taking).map(({ event }) => event?.data)).toEqual([1, 2, 'live']);
  });

  it('waits for a stream that is not there yet, and with END for what is new', async () => {
    server.append('order-2', numbered(2));
    const subscriptions = [
      client.subscribeToStream('order-1', { fromRevision: START }),
      client.subscribeToStream('order-2', { fromRevision: END }),
    ];
    const taking = Promise.all(subscriptions.map((each) => take(each, 1)));
    await until(() => server.counters.subscriptions === 2);
    server.append('order-1', [{ type: 'First' }]);
    server.append('order-2', [{ type: 'Third' }]);
    expect((await taking).map(([first]) => first?.event?.type)).toEqual(['First', 'Third']);
  });

  it('ends with the stream that gets a tombstone', async () => {
    server.append('order-1', numbered(1));
    const taking = take(client.subscribeToStream('order-1', { fromRevision: START }), 2);
    await until(() => server.counters.subscriptions === 1);
    server.deleteStream('order-1', { forGood: true });
    expect(await rejection(taking)).toMatchObject({ type: 'stream-deleted', streamName: 'order-1' });
  });

  it('is closed at the server when the client unsubscribes', async () => {
    server.append('order-1', numbered(1));
    await take(client.subscribeToStream('order-1', { fromRevision: START }), 1);
    await until(() => server.counters.subscriptions === 0);
    expect(server.counters.open['Streams.Read']).toBe(0);
  });

  it('sends a slow consumer no more than it has room for', async () => {
    server.append('order-1', numbered(20_000));
    const subscription = client.subscribeToStream('order-1', { fromRevision: START });
    await once(subscription, 'confirmation');
    await until(() => server.counters.eventsSent > 100);
    let before = -1;
    while (before !== server.counters.eventsSent) {
      before = server.counters.eventsSent;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(before).toBeLessThan(2_000);
    await subscription.unsubscribe();
  });
});

describe('a subscription to $all', () => {
  it('leaves out the position that it starts after', async () => {
    server.append('order-1', numbered(3));
    const [, second] = server.read('order-1');
    const filter = excludeSystemEvents();
    const position = second?.event?.position ?? START;
    const [event] = await take(client.subscribeToAll({ fromPosition: position, filter }), 1);
    expect(event?.event?.revision).toBe(2n);
  });

  it.each([
    ['stream prefix', streamNameFilter({ prefixes: ['order-'] }), ['A', 'C', 'A']],
    ['stream pattern', streamNameFilter({ regex: '^ord.*[02]$' }), ['C', 'A']],
    ['type prefix', eventTypeFilter({ prefixes: ['A', 'B'] }), ['A', 'B', 'A']],
    ['type pattern', eventTypeFilter({ regex: '^[BC]$' }), ['B', 'C']],
  ])('is filtered by %s', async (_, filter, types) => {
    server.append('order-1', [{ type: 'A' }]);
    server.append('other-1', [{ type: 'B' }]);
    server.append('order-2', [{ type: 'C' }, { type: 'A' }]);
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    const events: { readonly event?: { readonly type: string } | undefined }[] = [];
    subscription.on('data', (event) => events.push(event));
    await once(subscription, 'caughtUp');
    await until(() => events.length === server.counters.eventsSent);
    await subscription.unsubscribe();
    expect(events.map(({ event }) => event?.type)).toEqual(types);
  });

  it('tells where it stands though the filter leaves out everything', async () => {
    server.append('order-1', numbered(50));
    const checkpoints: Position[] = [];
    const filter = eventTypeFilter({
      prefixes: ['Never'],
      maxSearchWindow: 10,
      checkpointInterval: 2,
      checkpointReached: async (_, position) => void checkpoints.push(position),
    });
    const subscription = client.subscribeToAll({ fromPosition: START, filter });
    subscription.on('data', () => {});
    // Each event has a link of its category and one of its type: 150 records.
    await until(() => checkpoints.length === 7);
    expect(checkpoints[0]).toEqual(server.log[19]?.position);
    expect(checkpoints[6]).toEqual(server.log[139]?.position);
    expect(server.counters).toMatchObject({ checkpointsSent: 7, eventsSent: 0 });
    server.append('order-1', numbered(4));
    await until(() => checkpoints.length === 8);
    expect(checkpoints[7]).toEqual(server.log[159]?.position);
    await subscription.unsubscribe();
  });

  it('resolves links: the position stays that of the link', async () => {
    server.append('order-1', [{ type: 'A' }]);
    const filter = streamNameFilter({ prefixes: ['$ce-order'] });
    const subscription = client.subscribeToAll({ fromPosition: START, filter, resolveLinkTos: true });
    const [resolved] = await take(subscription, 1);
    expect(resolved?.event?.type).toBe('A');
    expect(resolved?.link?.position).toEqual(server.log[1]?.position);
    expect(resolved?.commitPosition).toBe(server.log[1]?.position.commit);
  });
});

describe('more subscriptions than a connection takes', () => {
  it('wait in silence until there is room', async () => {
    await server.close();
    server = await eventStoreServer({ streamCap: 5 });
    await client.dispose();
    client = KurrentDBClient.connectionString(server.connectionString);
    const open = Array.from({ length: 7 }, () =>
      client.subscribeToStream('order-1', { fromRevision: START }),
    );
    for (const subscription of open) subscription.on('data', () => {}).on('error', () => {});
    await until(() => server.counters.subscriptions === 5);
    await open[0]?.unsubscribe();
    await until(() => server.counters.calls['Streams.Read'] === 6);
    expect(server.counters.subscriptions).toBe(5);
    for (const subscription of open) await subscription.unsubscribe();
  });
});
