import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { authBySecrets, createListener, hmacAuth, httpPubsub } from '../../src/index.ts';
import { unsubscribeImmediate } from '../../src/wire.ts';
import { post, rawClient } from '../listener/support.ts';
import { secrets, subscribing, testBroadcaster } from './support.ts';

const topic = 'orders/placed';
const bytes = Buffer.from('{"order":1}');

// lonelypsc verifies the URL of the request, which knows no fragment: it answered 403, and ended its subscription.
test('a fragment in the public URL is a part of what is proven', async () => {
  const { broadcaster, handled, url } = await subscribing({ suffix: '/base#7' });
  expect(url).toMatch(/\/base\/v1\/receive#7$/);
  expect(broadcaster.rows(url).exact.get(topic)).toMatch(/\/base\/v1\/recover#7$/);
  expect((await broadcaster.deliver({ url, topic, bytes })).confirmed).toBe(true);
  expect(await broadcaster.missed(url, topic)).toBe(200);
  expect(handled).toHaveLength(1);
});

// The same with proxies: what they make of host and path is not what was registered.
test('a proxy that rewrites host and path is no matter', async () => {
  const broadcaster = await testBroadcaster();
  const listener = createListener({ port: 0 });
  const inner = await listener.listen();
  const proxy = createServer((message, response) => {
    const path = message.url?.replace(/^\/public\/events/, '');
    const passed = request(
      {
        port: inner?.port,
        path,
        method: message.method,
        headers: { ...message.headers, host: 'internal:8080' },
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    message.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const publicUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/public/events`;
  const source = httpPubsub({
    publicUrl,
    path: '/',
    listener,
    broadcasters: [broadcaster],
    auth: authBySecrets(secrets),
    exact: [topic],
    verify: 'off',
  });
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  const handled = vi.fn<() => Promise<void>>().mockResolvedValue();
  consumer.on(topic, handled);
  onTestFinished(async () => {
    await consumer.stop();
    await listener.close();
    proxy.close();
    proxy.closeAllConnections();
  });
  await consumer.start();
  const url = `${publicUrl}/v1/receive`;
  expect((await broadcaster.deliver({ url, topic, bytes })).confirmed).toBe(true);
  expect(handled).toHaveBeenCalledTimes(1);
});

// lonelypsc splits at the comma and does not look behind a space, so it finds no digest, and ends the subscription.
test.each([
  (sha512: string) => `sha-512=${sha512}`,
  (sha512: string) => `sha-512=:${sha512}:`,
  (sha512: string) => `sha-256=AAAA, sha-512=${sha512}`,
  (sha512: string) => `sha-256=:AAAA:,sha-512=:${sha512}:, md5=:AA==:`,
  (sha512: string) => `SHA-512 = ${sha512.replace(/=+$/, '')}`,
])('a digest may be spelled %s', async (digest) => {
  const { broadcaster, url } = await subscribing();
  expect((await broadcaster.deliver({ url, topic, bytes, digest })).confirmed).toBe(true);
});

describe('clocks', () => {
  // lonelypsc answered with the end of its subscription: a clock that was set cost all of them.
  test.each([
    [-121, 403],
    [-119, 200],
    [119, 200],
    [121, 403],
  ])('that differ by %i seconds: %i, and the subscription stays', async (seconds, status) => {
    const clock = manualClock(Date.now());
    const others = manualClock(clock.now() + seconds * 1_000);
    const { 'to-broadcaster': toBroadcaster, 'to-subscriber': toSubscriber } = secrets;
    const broadcaster = await testBroadcaster({
      auth: {
        toBroadcaster: hmacAuth({ secrets: [toBroadcaster.secret], clock }),
        toSubscriber: hmacAuth({ secrets: [toSubscriber.secret], clock }),
      },
    });
    const { url } = await subscribing({ broadcaster, auth: authBySecrets(secrets, { clock }) });
    const late = await testBroadcaster({ auth: authBySecrets(secrets, { clock: others }) });
    const reply = await late.deliver({ url, topic, bytes });
    expect(reply.status).toBe(status);
    expect(reply.body.equals(unsubscribeImmediate)).toBe(false);
    expect(broadcaster.rows(url).exact.size).toBe(1);
  });
});

// A place is given to what is proven, else whoever holds some connections open would keep all others out.
test('strangers that drip take no place from others', async () => {
  const { broadcaster, port, url } = await subscribing({ concurrency: 1, prefetch: 0, maxWaiting: 1 });
  const digest = `Repr-Digest: sha-512=${'A'.repeat(86)}==`;
  const drips = await Promise.all([rawClient(port), rawClient(port), rawClient(port)]);
  for (const drip of drips) drip.send(post('/v1/receive', `${digest}\r\nContent-Length: 100000`, '\0'));
  await vi.waitFor(() => expect(drips.every(({ socket }) => socket.bytesWritten > 0)).toBe(true));
  expect((await broadcaster.deliver({ url, topic, bytes })).confirmed).toBe(true);
  for (const drip of drips) drip.socket.destroy();
});
