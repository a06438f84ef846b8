import { silentLogger } from '@millrace/core';
import { expect, test } from 'vitest';
import type { BroadcasterOptions, SocketOptions } from '../../src/broadcaster.ts';
import { createBroadcaster, memoryBroadcasterStore, serveWebsockets } from '../../src/broadcaster.ts';
import { authBySecrets, createListener, createSecret, hmacAuth, noAuth, outgoing } from '../../src/index.ts';
import { encodeEventFacts, eventFacts } from '../../src/wire/event-facts.ts';
import { notification, openClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';

const open = { toBroadcaster: noAuth, toSubscriber: noAuth };

async function start(options: Partial<BroadcasterOptions> = {}, socketOptions: SocketOptions = {}) {
  const listener = createListener({ host: '127.0.0.1', port: 0 });
  const { port } = (await listener.listen()) ?? { port: 0 };
  const url = `http://127.0.0.1:${port}/v1/receive_for_websockets`;
  const recovery = `http://127.0.0.1:${port}/v1/missed_for_websockets`;
  const settings = {
    store: memoryBroadcasterStore(),
    auth: open,
    outgoing: outgoing(),
    self: { url, recovery },
    log: silentLogger,
    ...options,
  };
  const broadcaster = createBroadcaster(settings);
  const sockets = serveWebsockets(broadcaster, settings, socketOptions);
  listener.attach(broadcaster.routes);
  listener.attachUpgrade('/v1/websocket', sockets.upgrade);
  return {
    broadcaster,
    sockets,
    store: settings.store,
    url: `ws://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await sockets.close();
      await broadcaster.stop();
      await listener.close();
    },
  };
}

test('what the broadcaster publishes reaches sockets with its id, and what a socket publishes gets one', async () => {
  await using running = await start({ replay: {} });
  await using client = await openClient(running.url);
  await client.subscribe({ topic: Buffer.from('orders') });
  expect(await running.broadcaster.notify('orders', '1', { id: 'first', key: 'eu' })).toMatchObject({
    subscribers: 1,
  });
  const facts = encodeEventFacts({ id: 'second' });
  expect(await client.notify({ ...notification('orders', '2'), tracing: facts })).toBe(1);
  expect(await client.notify(notification('orders', '3'))).toBe(1);
  await eventually(() => expect(client.received).toHaveLength(3));
  expect(client.received.map(({ tracing }) => eventFacts(tracing))).toMatchObject([
    { id: 'first', key: 'eu', sequence: 1 },
    { id: 'second', sequence: 2 },
    { id: expect.stringMatching(/./), sequence: 3 },
  ]);
});

test.each(['none', 'hmac'] as const)(
  'sockets hear what another broadcaster of the same store publishes (%s)',
  async (type) => {
    const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
    const store = memoryBroadcasterStore();
    const auth = () => (type === 'none' ? open : authBySecrets(secrets, { guard: store.replayGuard }));
    await using here = await start({ store, auth: auth() });
    await using there = await start({ store, auth: auth() });
    const client = await openClient(here.url, { auth: auth() });
    await client.subscribe({ topic: Buffer.from('orders') });
    await client.subscribe({ glob: 'users/*' });
    expect(await store.subscriptions.count()).toEqual({ exact: 1, globs: 1 });
    expect(await there.broadcaster.notify('orders', 'far')).toMatchObject({ subscribers: 1 });
    expect(await here.broadcaster.notify('users/1', 'near')).toMatchObject({ subscribers: 1 });
    await eventually(() => expect(client.received).toHaveLength(2));
    expect(client.received.map(({ body }) => body?.bytes().toString())).toEqual(['far', 'near']);
    await client.close();
    // The last one who wanted it is gone.
    await eventually(async () => expect(await store.subscriptions.count()).toEqual({ exact: 0, globs: 0 }));
  },
);

test('what a process of the same URL has left behind is cleared away', async () => {
  const store = memoryBroadcasterStore();
  const url = 'http://127.0.0.1:1/v1/receive_for_websockets';
  await store.subscriptions.subscribe({ url, wanted: { topic: Buffer.from('stale') }, recovery: undefined });
  await using running = await start({ store, self: { url } });
  await using client = await openClient(running.url);
  await client.subscribe({ topic: Buffer.from('orders') });
  const { exact } = await store.subscriptions.list(url);
  expect(exact.map(({ topic }) => Buffer.from(topic).toString())).toEqual(['orders']);
});

test('a client with a key of its own may do what it is allowed, and loses its socket otherwise', async () => {
  const { secret } = createSecret('hmac');
  const common = createSecret('hmac').secret;
  const auth = { toBroadcaster: hmacAuth({ secrets: [common] }), toSubscriber: noAuth };
  const clients = [
    {
      name: 'shop',
      toBroadcaster: hmacAuth({ secrets: [secret] }),
      publish: ['orders/**'],
      subscribe: ['users/**'],
    },
  ];
  await using running = await start({ auth, clients });
  const shop = () =>
    openClient(running.url, {
      auth: { toBroadcaster: hmacAuth({ secrets: [secret] }), toSubscriber: noAuth },
    });
  await using allowed = await shop();
  await allowed.subscribe({ glob: 'users/**' });
  expect(await allowed.notify(notification('orders/1', 'x'))).toBe(0);
  await using publishes = await shop();
  await expect(publishes.notify(notification('users/1', 'x'))).rejects.toMatchObject({
    code: 'PUBSUB_CONNECTION_LOST',
  });
  await using subscribes = await shop();
  await expect(subscribes.subscribe({ topic: Buffer.from('orders/1') })).rejects.toMatchObject({
    code: 'PUBSUB_CONNECTION_LOST',
  });
  await eventually(() => expect(running.sockets.sockets).toBe(1));
});

test('a socket that does not take what it asked for is told that it missed something, and others get all', async () => {
  await using running = await start({}, { limits: { waitingMessages: 5 } });
  const { broadcaster } = running;
  await using slow = await openClient(running.url, { confirm: false });
  await using quick = await openClient(running.url);
  for (const client of [slow, quick]) await client.subscribe({ topic: Buffer.from('orders') });
  const reached: number[] = [];
  for (let count = 0; count < 12; count += 1) {
    reached.push((await broadcaster.notify('orders', `${count}`)).subscribers);
    await eventually(() => expect(quick.received).toHaveLength(count + 1));
  }
  // Three are open, one waits to be sent, five behind it.
  expect(reached).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1]);
  for (let count = 0; count < 9; count += 1) {
    await eventually(() => expect(slow.received.length).toBeGreaterThan(count));
    slow.received[count]?.confirm();
  }
  await eventually(() => expect(slow.missed).toEqual(['orders']));
  const contents = slow.received.map(({ body }) => body?.bytes().toString());
  expect(contents).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8']);
});
