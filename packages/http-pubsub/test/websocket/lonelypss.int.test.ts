import { createHash, randomBytes } from 'node:crypto';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { describe, expect, test, vi } from 'vitest';
import type { Secrets } from '../../src/index.ts';
import { authBySecrets, createSecret, websocketPublisher, websocketPubsub } from '../../src/index.ts';
import { needsLonelyps, startLonelypss } from '../python/lonelyps.ts';
import { notification, openClient } from './support/client.ts';

const both = (type: 'hmac' | 'token'): Secrets => ({
  'to-broadcaster': createSecret(type),
  'to-subscriber': createSecret(type),
});
const schemes: readonly (readonly [string, Secrets | undefined])[] = [
  ['nothing', undefined],
  ['tokens', both('token')],
  ['HMAC', both('hmac')],
];
const patience = { timeout: 60_000, interval: 50 };
const sha512 = (bytes: Uint8Array) => createHash('sha512').update(bytes).digest();

describe('over a WebSocket of lonelypss', { timeout: 120_000, ...(await needsLonelyps()) }, () => {
  describe.each(schemes)('with %s to prove', (_name, secrets) => {
    test('events of all sizes come as they went, one after the other', async () => {
      const broadcaster = await startLonelypss({ ...(secrets && { secrets }), matchGlobs: true });
      const url = broadcaster.url.replace('http:', 'ws:');
      const auth = authBySecrets(secrets ?? {});
      try {
        await using client = await openClient(url, { auth });
        const binary = Buffer.from([0, 255, 47, 128]);
        await client.subscribe({ topic: Buffer.from('orders') });
        await client.subscribe({ topic: binary });
        await client.subscribe({ glob: 'users/*' });
        const events: readonly (readonly [string | Uint8Array, Buffer])[] = [
          ['orders', Buffer.from('{"total":12}')],
          ['orders', Buffer.alloc(0)],
          // Compressed, where both can.
          ['orders', Buffer.alloc(200_000, 'again and again ')],
          ['orders', randomBytes(24 * 1024 ** 2)],
          // What comes after several parts shows that both sides count alike.
          ['orders', Buffer.from('next')],
          [binary, Buffer.from('binary topic')],
          ['users/1', Buffer.from('by a glob')],
        ];
        for (const [topic, content] of events) {
          expect(await client.notify(notification(topic, content))).toBe(1);
        }
        await vi.waitFor(() => expect(client.received).toHaveLength(events.length), patience);
        for (const [index, [topic, content]] of events.entries()) {
          const received = client.received[index];
          expect(received?.topic).toEqual(Buffer.from(topic));
          expect(received?.digest).toEqual(sha512(content));
          await received?.body?.dispose();
        }
        await client.unsubscribe({ topic: Buffer.from('orders') });
        await client.unsubscribe({ glob: 'users/*' });
        expect(await client.notify(notification('orders', 'nobody'))).toBe(0);
      } finally {
        await broadcaster.stop();
      }
    });
  });

  test('source and publisher work together, and live through a restart of it', async () => {
    const secrets = both('hmac');
    const first = await startLonelypss({ secrets });
    const websocket = { url: first.url.replace('http:', 'ws:') };
    const options = {
      broadcasters: [websocket],
      auth: authBySecrets(secrets),
      reconnect: { delay: 50, maxDelay: 200 },
    };
    const handled: unknown[] = [];
    const consumer = createConsumer({
      name: 'billing',
      store: memoryStore(),
      log: silentLogger,
      sources: [websocketPubsub({ name: 'events', exact: ['orders'], ...options })],
    });
    consumer.on('orders', ({ data }) => void handled.push(data));
    await using publisher = websocketPublisher(options);
    await consumer.start();
    try {
      expect(await publisher.notify('orders', { json: 1 })).toEqual({ notified: 1 });
      await vi.waitFor(() => expect(handled).toEqual([1]), patience);
      await first.stop();
      const second = await startLonelypss({ secrets, port: first.port });
      try {
        const source = () => consumer.health().sources['events'];
        await vi.waitFor(
          () => expect(source()).toMatchObject({ status: 'ready', details: { reconnects: 1 } }),
          patience,
        );
        expect(source()?.lastGap?.reason.code).toBe('PUBSUB_MISSED');
        expect(await publisher.notify('orders', { json: 2 })).toEqual({ notified: 1 });
        await vi.waitFor(() => expect(handled).toEqual([1, 2]), patience);
      } finally {
        await consumer.stop();
        await second.stop();
      }
    } finally {
      await consumer.stop();
    }
  });
});
