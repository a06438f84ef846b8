import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Broadcaster } from '../../src/broadcaster.ts';
import { createBroadcaster, memoryBroadcasterStore } from '../../src/broadcaster.ts';
import type { Listener, Secrets } from '../../src/index.ts';
import { authBySecrets, createListener, createSecret } from '../../src/index.ts';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { needsLonelyps } from './lonelyps.ts';
import type { Lonelypsc } from './lonelypsc.ts';
import { startLonelypsc } from './lonelypsc.ts';

const secretsOf = (type: 'hmac' | 'token'): Secrets => ({
  'to-broadcaster': createSecret(type),
  'to-subscriber': createSecret(type),
});

const schemes: readonly (readonly [string, Secrets])[] = [
  ['no authorization', {}],
  ['tokens', secretsOf('token')],
  ['HMAC', secretsOf('hmac')],
];

const mebibyte = 2 ** 20;
const binary = Buffer.from([0xff, 0x00, 0x0a]);
const messages: readonly (readonly [string, Uint8Array, Uint8Array | number])[] = [
  ['a small message', Buffer.from('foo/bar'), Buffer.from('Hello, world!')],
  ['an empty message', Buffer.from('foo/bar'), Buffer.alloc(0)],
  ['24 MiB', Buffer.from('foo/bar'), 24 * mebibyte],
  ['a topic that is not UTF-8', binary, Buffer.from('binary')],
  ['what a glob matches', Buffer.from('globs/one'), Buffer.from('by glob')],
];

describe.each(schemes)(
  'the stock client and our broadcaster, with %s',
  await needsLonelyps(),
  (_name, secrets) => {
    const store = memoryBroadcasterStore();
    const out = outgoing();
    let broadcaster: Broadcaster;
    let listener: Listener;
    let client: Lonelypsc;
    let publisher: Lonelypsc;

    beforeAll(async () => {
      const auth = authBySecrets(secrets, { guard: store.replayGuard });
      broadcaster = createBroadcaster({ store, auth, outgoing: out });
      listener = createListener({ port: 0 });
      listener.attach(broadcaster.routes);
      const url = `http://127.0.0.1:${(await listener.listen())?.port}`;
      broadcaster.start();
      [client, publisher] = await Promise.all([startLonelypsc(url, secrets), startLonelypsc(url, secrets)]);
      await client.subscribe({ exact: [Buffer.from('foo/bar'), binary], globs: ['globs/*'] });
    });

    afterAll(async () => {
      await client.stop();
      await publisher.stop();
      await broadcaster.stop();
      await listener.close();
      await out.close();
    });

    test.each(messages)('%s', async (_case, topic, data) => {
      const bytes = typeof data === 'number' ? Buffer.alloc(data) : data;
      const before = client.received.length;
      expect(await publisher.notify(topic, data)).toBe(1);
      await vi.waitFor(() => expect(client.received).toHaveLength(before + 1), 10_000);
      expect(client.received.at(-1)).toEqual({
        topic: Buffer.from(topic).toString('hex'),
        sha512: createHash('sha512').update(bytes).digest('hex'),
        length: bytes.length,
      });
      expect(await broadcaster.notify(topic, bytes), 'from inside, too').toMatchObject({ subscribers: 1 });
    });

    test('nobody is reached where nobody subscribed', async () => {
      expect(await publisher.notify(Buffer.from('nobody'), Buffer.from('x'))).toBe(0);
    });

    test('its subscriptions are those that it thinks it has, and end with it', async () => {
      const { exact, globs } = await store.subscriptions.list(client.url);
      expect(exact.map(({ topic }) => Buffer.from(topic).toString('hex')).sort()).toEqual(
        [binary, Buffer.from('foo/bar')].map((topic) => topic.toString('hex')).sort(),
      );
      expect(globs.map(({ glob }) => glob)).toEqual(['globs/*']);
      expect(exact.every(({ recovery }) => recovery?.endsWith('/v1/recover'))).toBe(true);
    });
  },
);

describe('the stock client and our broadcaster', await needsLonelyps(), () => {
  test('regression: 17 topics survive a change of the set, and leaving takes them away', async () => {
    const store = memoryBroadcasterStore();
    const secrets = secretsOf('hmac');
    const out = outgoing();
    const broadcaster = createBroadcaster({ store, auth: authBySecrets(secrets), outgoing: out });
    const listener = createListener({ port: 0 });
    listener.attach(broadcaster.routes);
    const url = `http://127.0.0.1:${(await listener.listen())?.port}`;
    const client = await startLonelypsc(url, secrets);
    const topics = Array.from({ length: 17 }, (_, index) => Buffer.from(`many/${index}`));
    await client.subscribe({ exact: topics });
    await client.subscribe({ exact: [Buffer.from('one/more')] });
    expect((await store.subscriptions.list(client.url)).exact).toHaveLength(18);
    for (const topic of topics) expect((await broadcaster.notify(topic, 'x')).subscribers).toBe(1);
    await client.stop();
    expect((await store.subscriptions.list(client.url)).exact).toHaveLength(0);
    await broadcaster.stop();
    await listener.close();
    await out.close();
  });

  test('it passes the probe of a broadcaster that asks who is there, and does not answer OPTIONS', async () => {
    const secrets = secretsOf('hmac');
    const out = outgoing();
    for (const ownership of ['probe', { origin: 'events.example' }] as const) {
      const store = memoryBroadcasterStore();
      const auth = authBySecrets(secrets);
      const broadcaster = createBroadcaster({ store, auth, outgoing: out, ownership });
      const listener = createListener({ port: 0 });
      listener.attach(broadcaster.routes);
      const client = await startLonelypsc(`http://127.0.0.1:${(await listener.listen())?.port}`, secrets);
      await client.subscribe({ exact: [Buffer.from('foo')] });
      const reached = ownership === 'probe' ? 1 : 0;
      expect(await store.subscriptions.count()).toEqual({ exact: reached, globs: 0 });
      expect((await broadcaster.notify('foo', 'x')).subscribers).toBe(reached);
      await client.stop();
      await broadcaster.stop();
      await listener.close();
    }
    await out.close();
  });
});
