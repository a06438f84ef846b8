import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Auth } from '../../src/index.ts';
import { authBySecrets, createSecret, noAuth } from '../../src/index.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { notification, openClient } from './support/client.ts';
import { eventually } from './support/eventually.ts';

const auths: readonly (readonly [string, () => Auth])[] = [
  ['nothing', () => ({ toBroadcaster: noAuth, toSubscriber: noAuth })],
  ['tokens', () => authOf('token')],
  ['HMAC', () => authOf('hmac')],
];

function authOf(type: 'token' | 'hmac'): Auth {
  return authBySecrets({ 'to-broadcaster': createSecret(type), 'to-subscriber': createSecret(type) });
}

const megabyte = 1024 ** 2;

describe.each(auths)('with %s to prove', (_name, createAuth) => {
  test.each([
    ['a small one', Buffer.from('{"total":12}')],
    ['an empty one', Buffer.alloc(0)],
    ['one that is compressed', Buffer.alloc(40_000, 'text ')],
    ['one of 24 MiB', randomBytes(24 * megabyte)],
  ])('an event goes from socket to socket: %s', async (_size, content) => {
    const auth = createAuth();
    await using broadcaster = await startBroadcaster({ auth });
    await using subscriber = await openClient(broadcaster.url, { auth });
    await using publisher = await openClient(broadcaster.url, { auth });
    await subscriber.subscribe({ topic: Buffer.from('orders') });
    expect(await publisher.notify(notification('orders', content))).toBe(1);
    expect(await publisher.notify(notification('others', content))).toBe(0);
    // What comes after one with several parts shows that both sides count alike.
    expect(await publisher.notify(notification('orders', 'next'))).toBe(1);
    await eventually(() => expect(subscriber.received).toHaveLength(2));
    const [first, second] = subscriber.received;
    expect(first?.body?.bytes().equals(content)).toBe(true);
    expect(second?.body?.bytes().toString()).toBe('next');
    await eventually(() => expect(broadcaster.endpoint.waiting).toBe(0));
    for (const { body } of subscriber.received) await body?.dispose();
  });

  test('topics are bytes, globs are patterns, and nobody hears twice', async () => {
    const auth = createAuth();
    await using broadcaster = await startBroadcaster({ auth });
    await using client = await openClient(broadcaster.url, { auth, minimalHeaders: false });
    const binary = Buffer.from([0, 255, 47, 128]);
    await Promise.all([
      client.subscribe({ topic: binary }),
      client.subscribe({ topic: Buffer.from('orders/eu') }),
      client.subscribe({ glob: 'orders/*' }),
    ]);
    expect(await client.notify(notification(binary, 'bytes'))).toBe(1);
    expect(await client.notify(notification('orders/eu', 'both'))).toBe(1);
    expect(await client.notify(notification('orders/us', 'glob'))).toBe(1);
    await client.unsubscribe({ glob: 'orders/*' });
    expect(await client.notify(notification('orders/us', 'nobody'))).toBe(0);
    await eventually(() => expect(client.received).toHaveLength(3));
    expect(client.received.map(({ body }) => body?.bytes().toString())).toEqual(['bytes', 'both', 'glob']);
    expect(client.received[0]?.topic).toEqual(binary);
  });

  test('that something was missed is heard', async () => {
    const auth = createAuth();
    await using broadcaster = await startBroadcaster({ auth });
    await using client = await openClient(broadcaster.url, { auth });
    await client.subscribe({ glob: '*' });
    broadcaster.endpoint.missed(Buffer.from('orders'));
    await eventually(() => expect(client.missed).toEqual(['orders']));
    expect(await client.notify(notification('orders', 'still'))).toBe(1);
  });
});
