import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { Message } from '@millrace/core';
import { expect, onTestFinished, test } from 'vitest';
import type { WebsocketPubsubOptions } from '../../src/index.ts';
import { authBySecrets, createSecret, websocketPubsub } from '../../src/index.ts';
import { bodyOf } from '../../src/receive/spool.ts';
import { encodeEventFacts } from '../../src/wire/event-facts.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { scriptedBroadcaster, unsigned } from './support/scripted-broadcaster.ts';
import { eventually } from './support/eventually.ts';

const nothing = new Uint8Array();
type Broadcaster = Awaited<ReturnType<typeof startBroadcaster>>;

function publish(
  { endpoint }: Broadcaster,
  topic: string | Uint8Array,
  content: string,
  tracing: Uint8Array = nothing,
) {
  return endpoint.receive({ topic: Buffer.from(topic), tracing, body: bodyOf(Buffer.from(content)) });
}

async function consume(options: WebsocketPubsubOptions, handle: (message: Message) => unknown = () => {}) {
  const handled: Message[] = [];
  const gaps: string[] = [];
  const onGap = (gap: unknown) => void gaps.push((gap as { readonly channel: string }).channel);
  subscribe('millrace:gap', onGap);
  onTestFinished(() => void unsubscribe('millrace:gap', onGap));
  const store = memoryStore();
  const consumer = createConsumer({
    name: 'billing',
    store,
    log: silentLogger,
    sources: [
      websocketPubsub({
        name: 'events',
        unhandled: 'dead-letter',
        reconnect: { delay: 20, maxDelay: 40 },
        ...options,
      }),
    ],
  });
  consumer.on('*', async (message) => {
    handled.push(message);
    await handle(message);
  });
  await consumer.start();
  const source = () => {
    const health = consumer.health().sources['events'];
    if (health === undefined) throw new Error('There is no source.');
    return health;
  };
  return { consumer, store, handled, gaps, source, [Symbol.asyncDispose]: () => consumer.stop() };
}

const data = (messages: readonly Message[]) => messages.map((message) => message.data);

test('events of topics and globs come with the facts that their publisher tells', async () => {
  await using broadcaster = await startBroadcaster();
  await using running = await consume({ broadcasters: [broadcaster], exact: ['orders'], globs: ['users/*'] });
  const time = new Date(1_800_000_000_000);
  const facts = encodeEventFacts({ id: 'order-1', key: 'eu', time, headers: { trace: 'a' }, sequence: 7 });
  expect(await publish(broadcaster, 'orders', '{"total":12}', facts)).toBe(1);
  expect(await publish(broadcaster, 'users/1', '[1]')).toBe(1);
  expect(await publish(broadcaster, 'others', '1')).toBe(0);
  await eventually(() => expect(running.handled).toHaveLength(2));
  const [order, user] = running.handled;
  expect(order).toMatchObject({ id: 'order-1', type: 'orders', key: 'eu', time, headers: { trace: 'a' } });
  expect(order).toMatchObject({ data: { total: 12 }, native: { sequence: 7, length: 12 } });
  expect(user).toMatchObject({ type: 'users/1', data: [1], key: undefined });
  expect(user?.id).toMatch(/^users\/1#[\w-]{86}$/);
  await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));
  expect(running.source()).toMatchObject({ status: 'ready', details: { subscriptions: 2, reconnects: 0 } });
});

test('slow handlers make the broadcaster wait: it has three events open, and no more', async () => {
  await using broadcaster = await startBroadcaster();
  const gate = Promise.withResolvers<void>();
  await using running = await consume({ broadcasters: [broadcaster], exact: ['orders'] }, () => gate.promise);
  for (let count = 0; count < 10; count += 1) await publish(broadcaster, 'orders', `${count}`);
  await eventually(() => expect(running.handled).toHaveLength(3));
  // A fourth one would be there by the time that this one has gone through.
  await using other = await consume({ broadcasters: [broadcaster], exact: ['other'] });
  await publish(broadcaster, 'other', '0');
  await eventually(() => expect(other.handled).toHaveLength(1));
  expect(running.handled).toHaveLength(3);
  expect(broadcaster.endpoint.waiting).toBeGreaterThanOrEqual(10);
  gate.resolve();
  await eventually(() => expect(running.handled).toHaveLength(10));
  expect(data(running.handled)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));
});

test('acknowledged on receipt, events come as far as core has room for them', async () => {
  await using broadcaster = await startBroadcaster();
  const gate = Promise.withResolvers<void>();
  const options = { broadcasters: [broadcaster], exact: ['orders'], ackMode: 'on-receipt' } as const;
  await using running = await consume({ ...options, concurrency: 4, prefetch: 2 }, () => gate.promise);
  for (let count = 0; count < 20; count += 1) await publish(broadcaster, 'orders', `${count}`);
  // Six are with core, three are on the way.
  await eventually(() => expect(broadcaster.endpoint.waiting).toBe(14));
  expect(running.handled).toHaveLength(4);
  gate.resolve();
  await eventually(() => expect(running.handled).toHaveLength(20));
});

test('what can not be decoded is a dead letter with its bytes, and is not sent again', async () => {
  await using broadcaster = await startBroadcaster();
  await using running = await consume({ broadcasters: [broadcaster], exact: ['orders'], maxBody: 50 });
  await publish(broadcaster, 'orders', '{"total":');
  await publish(broadcaster, 'orders', `"${'x'.repeat(50)}"`);
  await eventually(async () => {
    const { letters } = await running.store.deadLetters.list({}, { limit: 10 });
    expect(letters).toHaveLength(2);
    const codes = letters.map(({ error }) => error.code);
    expect(new Set(codes)).toEqual(new Set(['PUBSUB_BODY_LIMIT', 'PUBSUB_PAYLOAD']));
    const raw = letters.map(({ message }) => Buffer.from(message.raw).toString());
    expect(new Set(raw)).toEqual(new Set(['', '{"total":']));
  });
  expect(running.handled).toEqual([]);
  await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));
});

test('what was missed is a gap of its topic, however often it is said', async () => {
  await using broadcaster = await startBroadcaster();
  await using running = await consume({ broadcasters: [broadcaster], globs: ['*'] });
  for (const topic of ['orders', 'orders', 'users', 'orders'])
    broadcaster.endpoint.missed(Buffer.from(topic));
  await publish(broadcaster, 'orders', '1');
  await eventually(() => expect(running.handled).toHaveLength(1));
  expect(running.gaps).toEqual(['orders', 'users']);
  expect(running.source().lastGap).toMatchObject({ resumed: 'latest', reason: { code: 'PUBSUB_MISSED' } });
});

test('after a restart of the broadcaster all is subscribed again, and what may be missing is a gap', async () => {
  const first = await startBroadcaster();
  await using running = await consume({ broadcasters: [first], exact: ['orders'], globs: ['users/*'] });
  await publish(first, 'orders', '1');
  await eventually(() => expect(running.handled).toHaveLength(1));
  await first.close();
  await eventually(() => expect(running.source().status).toBe('degraded'));
  await using second = await startBroadcaster({ port: first.port });
  await eventually(() => expect(second.endpoint.wants(Buffer.from('users/1'))).toBe(true));
  await publish(second, 'orders', '2');
  await publish(second, 'users/1', '3');
  await eventually(() => expect(data(running.handled)).toEqual([1, 2, 3]));
  expect(running.source()).toMatchObject({ status: 'ready', details: { reconnects: 1 } });
  expect(running.gaps).toEqual(['events']);
});

test('when a broadcaster goes, the next one takes over', async () => {
  await using backup = await startBroadcaster();
  const main = await startBroadcaster();
  const broadcasters = [
    { url: backup.url, priority: 2 },
    { url: main.url, priority: 1 },
  ];
  await using running = await consume({ broadcasters, exact: ['orders'] });
  expect(await publish(main, 'orders', '1')).toBe(1);
  expect(await publish(backup, 'orders', '0')).toBe(0);
  await main.close();
  await eventually(() => expect(backup.endpoint.wants(Buffer.from('orders'))).toBe(true));
  await publish(backup, 'orders', '2');
  await eventually(() => expect(data(running.handled)).toEqual([1, 2]));
});

test('at the stop what runs is settled and acknowledged, and the rest is left with the broadcaster', async () => {
  await using broadcaster = await startBroadcaster({ limits: { unacknowledged: 10 } });
  const gate = Promise.withResolvers<void>();
  const running = await consume(
    { broadcasters: [broadcaster], exact: ['orders'], concurrency: 1, prefetch: 3 },
    () => gate.promise,
  );
  for (let count = 0; count < 4; count += 1) await publish(broadcaster, 'orders', `${count}`);
  await eventually(() => expect(running.handled).toHaveLength(1));
  const stopped = running.consumer.stop();
  gate.resolve();
  await stopped;
  expect(data(running.handled)).toEqual([0]);
  await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
});

test.each(['hmac', 'token'] as const)(
  'a wrong secret (%s) fails the start, and says what to look at',
  async (type) => {
    const secrets = () => ({ 'to-broadcaster': createSecret(type), 'to-subscriber': createSecret(type) });
    const right = secrets();
    await using broadcaster = await startBroadcaster({ auth: authBySecrets(right) });
    const options = { broadcasters: [broadcaster], exact: ['orders'], verify: 'off' } as const;
    await expect(consume({ ...options, auth: authBySecrets(secrets()) })).rejects.toMatchObject({
      code: 'PUBSUB_CONNECTION_LOST',
      message: expect.stringContaining('secret'),
    });
    const half = { ...right, 'to-subscriber': createSecret(type) };
    await expect(consume({ ...options, auth: authBySecrets(half) })).rejects.toMatchObject({
      code: 'PUBSUB_FORGED',
    });
  },
);

test('one of two broadcasters that is not there is a warning, all of them are a failure', async () => {
  await using broadcaster = await startBroadcaster();
  const gone = await startBroadcaster();
  await gone.close();
  await using running = await consume({ broadcasters: [broadcaster, gone], exact: ['orders'] });
  expect(running.source().status).toBe('ready');
  await expect(consume({ broadcasters: [gone], exact: ['orders'] })).rejects.toMatchObject({
    code: expect.stringMatching(/VERIFY|PUBSUB_UNREACHABLE/),
  });
});

test('what was not started at the stop is not acknowledged', async () => {
  await using broadcaster = await scriptedBroadcaster();
  const gate = Promise.withResolvers<void>();
  const starting = consume(
    { broadcasters: [broadcaster], exact: ['orders'], verify: 'off', concurrency: 1 },
    () => gate.promise,
  );
  const topic = Buffer.from('orders');
  await eventually(() => expect(broadcaster.heard).toHaveLength(2));
  broadcaster.say({ kind: 'confirm-subscribe-exact', ...unsigned, topic });
  const running = await starting;
  for (const number of [1, 2]) {
    const { digest, length, ...body } = bodyOf(Buffer.from(`${number}`));
    broadcaster.say({
      kind: 'receive-stream',
      ...unsigned,
      identifier: Buffer.of(number),
      part: 0,
      topic,
      compressor: 0,
      compressedLength: length,
      decompressedLength: length,
      compressedDigest: digest,
      payload: body.bytes(),
    });
  }
  await eventually(() => expect(running.source().inFlight).toBe(2));
  const stopped = running.consumer.stop();
  await eventually(() => expect(running.source().inFlight).toBe(1));
  gate.resolve();
  await stopped;
  expect(data(running.handled)).toEqual([1]);
  expect(broadcaster.heard.slice(2)).toMatchObject([{ kind: 'confirm-receive', identifier: Buffer.of(1) }]);
});
