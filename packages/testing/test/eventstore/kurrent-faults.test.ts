import { jsonEvent, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreServer } from '../../src/eventstore.ts';
import { eventStoreServer, refusals } from '../../src/eventstore.ts';
import { all, rejection, until } from './support/until.ts';

let server: EventStoreServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
  server.append(
    'order-1',
    [1, 2, 3].map((data) => ({ type: 'Placed', data })),
  );
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

/** A subscription that has taken what there is. */
async function subscribed() {
  const subscription = client.subscribeToStream('order-1', { fromRevision: START });
  const events: unknown[] = [];
  subscription.on('data', ({ event }) => events.push(event?.data));
  const errors: unknown[] = [];
  subscription.on('error', (error) => errors.push(error));
  // The client does not close a subscription that has failed.
  const closed = new Promise((resolve) => subscription.once('close', resolve).once('error', resolve));
  await until(() => events.length === 3);
  return { subscription, events, errors, closed };
}

describe('open subscriptions', () => {
  it('fail when all connections are reset, and the same client subscribes again', async () => {
    const { errors, closed } = await subscribed();
    expect(server.faults.killConnections()).toBe(1);
    await closed;
    expect(errors[0]).toMatchObject({ type: expect.stringMatching(/unavailable|cancelled/) });
    const { subscription } = await subscribed();
    await subscription.unsubscribe();
  });

  it('end without an error when the server ends them with OK', async () => {
    const { errors, closed } = await subscribed();
    expect(server.faults.endSubscriptions()).toBe(1);
    await closed;
    expect(errors).toEqual([]);
    expect(server.counters.subscriptions).toBe(0);
  });

  it.each([
    ['too busy', refusals.tooBusy, 'unavailable'],
    ['not ready', refusals.notReady, 'unavailable'],
    ['cancelled', refusals.cancelled, 'cancelled'],
    ['access denied', refusals.accessDenied, 'access-denied'],
    ['access denied, bare', refusals.accessDeniedBare, 'unknown'],
    ['unauthenticated', refusals.unauthenticated, 'access-denied'],
    ['deleted', refusals.streamDeleted('order-1'), 'stream-deleted'],
    ['not the leader', refusals.notLeader('127.0.0.1', 1), 'not-leader'],
    ['timeout', refusals.timeout, 'unknown'],
    ['no leader', refusals.noLeader, 'unknown'],
    ['internal', refusals.internal, 'unavailable'],
    ['exhausted', refusals.exhausted, 'unknown'],
    ['invalid position', refusals.invalidPosition, 'unknown'],
  ])('fail as the client knows it: %s', async (_, refusal, type) => {
    const { errors, closed } = await subscribed();
    server.faults.endSubscriptions(refusal);
    await closed;
    expect(errors[0]).toMatchObject({ type });
    expect(String(errors[0])).toContain(refusal.details);
  });

  it('stay open in silence', async () => {
    const silent = await subscribed();
    expect(server.faults.silenceSubscriptions()).toBe(1);
    const other = await subscribed();
    server.append('order-1', [{ type: 'Placed', data: 4 }]);
    await until(() => other.events.length === 4);
    expect(silent.events).toEqual([1, 2, 3]);
    expect(server.counters.subscriptions).toBe(2);
    await silent.subscription.unsubscribe();
    await other.subscription.unsubscribe();
  });

  it('get nothing from a frozen server, and everything after it', async () => {
    const { subscription, events } = await subscribed();
    server.faults.freeze();
    server.append('order-1', [{ type: 'Placed', data: 4 }]);
    await until(() => server.counters.eventsSent === 4);
    expect(events).toEqual([1, 2, 3]);
    await server.faults.thaw();
    await until(() => events.length === 4);
    await subscription.unsubscribe();
  });

  it('get events twice', async () => {
    const { subscription, events } = await subscribed();
    server.faults.duplicate(1);
    server.append('order-1', [
      { type: 'Placed', data: 4 },
      { type: 'Placed', data: 5 },
    ]);
    await until(() => events.includes(5));
    expect(events).toEqual([1, 2, 3, 4, 4, 5]);
    await subscription.unsubscribe();
  });
});

describe('calls', () => {
  it('are refused once', async () => {
    server.faults.next('Streams.Read', { kind: 'refuse', refusal: refusals.tooBusy });
    const read = () => all(client.readStream('order-1'));
    expect(await rejection(read())).toMatchObject({ type: 'unavailable' });
    expect(await read()).toHaveLength(3);
  });

  it('end at once with OK', async () => {
    server.faults.next('Streams.Read', { kind: 'end' });
    const events = await all(client.subscribeToStream('order-1', { fromRevision: START }));
    expect(events).toEqual([]);
  });

  it('are never answered', async () => {
    server.faults.next('Streams.Read', { kind: 'hang' });
    const subscription = client.subscribeToStream('order-1', { fromRevision: START });
    subscription.on('data', () => {});
    await until(() => server.counters.open['Streams.Read'] === 1);
    expect(server.counters.subscriptions).toBe(0);
    await subscription.unsubscribe();
    await until(() => server.counters.open['Streams.Read'] === 0);
  });

  it('do their work and lose the answer', async () => {
    const credentials = { username: 'u', password: 'p' };
    const event = jsonEvent({ type: 'Placed', data: { n: 4 } });
    server.faults.next('Streams.Append', { kind: 'lose-answer', refusal: refusals.timeout });
    const write = () => client.appendToStream('order-1', event, { credentials, streamState: 2n });
    await rejection(write());
    expect(await write()).toMatchObject({ success: true, nextExpectedRevision: 3n });
    expect(server.read('order-1')).toHaveLength(4);
  });
});

it('ends everything when it is closed', async () => {
  const { closed, errors } = await subscribed();
  await server.close();
  await closed;
  expect(errors.length).toBeGreaterThan(0);
  expect(server.counters.subscriptions).toBe(0);
  await until(() => server.counters.connections === 0);
  await server.close();
});

it('waits before each event when it is slow', async () => {
  server.faults.slow(20);
  const subscription = client.subscribeToStream('order-1', { fromRevision: START });
  const seen: number[] = [];
  subscription.on('data', () => seen.push(performance.now()));
  await once(subscription, 'caughtUp');
  await until(() => seen.length === 3);
  expect((seen[2] ?? 0) - (seen[0] ?? 0)).toBeGreaterThan(30);
  await subscription.unsubscribe();
});
