import { Readable } from 'node:stream';
import { manualClock } from '@millrace/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { OutgoingOptions } from '../../src/outgoing/outgoing.ts';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { targetGuard } from '../../src/outgoing/target-guard.ts';
import { deadPort, serve, serveRaw } from './servers.ts';

const hello = Buffer.from('Hello, world!');

function client(options: OutgoingOptions = {}) {
  const made = outgoing(options);
  onTestFinished(() => made.close());
  return made;
}

describe('an exchange', () => {
  test('posts bytes and hands over the reply', async () => {
    const { url, seen } = await serve((_, response) => {
      response.writeHead(418, { 'X-Kind': 'tea', 'Retry-After': '7' }).end('no coffee');
    });
    const reply = await client().post(`${url}?a=1#part`, { headers: { authorization: 'x' }, body: hello });
    expect(reply).toMatchObject({ status: 418, headers: { 'x-kind': 'tea', 'retry-after': '7' } });
    expect(Buffer.from(reply.body).toString()).toBe('no coffee');
    expect(seen).toMatchObject([
      { url: '/v1/receive?a=1', headers: { authorization: 'x', 'content-length': '13' }, body: hello },
    ]);
  });

  test('asks by OPTIONS, without a body, under the same guard and limits', async () => {
    const methods: string[] = [];
    const { url, seen, port } = await serve((request, response) => {
      methods.push(`${request.method}`);
      if (request.url === '/huge') return void response.end(Buffer.alloc(1_001));
      response.writeHead(302, { location: '/elsewhere', allow: 'POST' }).end();
    });
    const headers = { 'webhook-request-origin': 'events.example' };
    const asking = client({ limits: { reply: 1_000 } });
    expect(await asking.options(url, { headers })).toMatchObject({ status: 302, headers: { allow: 'POST' } });
    expect(seen).toMatchObject([{ url: '/v1/receive', headers, body: Buffer.alloc(0) }]);
    expect(seen[0]?.headers['content-length'] ?? '0').toBe('0');
    expect(seen[0]?.headers['transfer-encoding']).toBeUndefined();
    const huge = `http://127.0.0.1:${port}/huge`;
    await expect(asking.options(huge, { headers })).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS' });
    expect(methods).toEqual(['OPTIONS', 'OPTIONS']);
    const guarded = client({ guard: targetGuard() });
    await expect(guarded.options(url, { headers })).rejects.toMatchObject({ code: 'PUBSUB_FORBIDDEN' });
    expect(seen).toHaveLength(2);
  });

  test('posts a stream of known length without chunks', async () => {
    const { url, seen } = await serve();
    const body = () => Readable.from([hello, hello]);
    await client().post(url, { headers: { 'content-length': '26' }, body });
    expect(seen).toMatchObject([
      { headers: { 'content-length': '26' }, body: Buffer.concat([hello, hello]) },
    ]);
    expect(seen[0]?.headers['transfer-encoding']).toBeUndefined();
  });

  test('keeps its connections for later ones', async () => {
    const { url, connections } = await serve();
    const sender = client();
    for (let count = 0; count < 10; count++) await sender.post(url, { headers: {}, body: hello });
    // A connection is free again a moment after its reply, so one request after the other goes by two in turn.
    expect(connections()).toBeLessThanOrEqual(2);
  });

  test('does not follow a redirect', async () => {
    const elsewhere = await serve();
    for (const status of [301, 302, 303, 307, 308]) {
      const { url } = await serve((_, response) =>
        response.writeHead(status, { location: elsewhere.url }).end(),
      );
      expect(await client().post(url, { headers: {}, body: hello })).toMatchObject({ status });
    }
    expect(elsewhere.seen).toEqual([]);
  });

  test('passes over interim responses', async () => {
    const { url } = await serve((_, response) => {
      response.writeProcessing();
      response.end('final');
    });
    expect(await client().post(url, { headers: {}, body: hello })).toMatchObject({ status: 200 });
  });

  test('ends with close, after what runs', async () => {
    const arrived = Promise.withResolvers<() => void>();
    const { url } = await serve((_, response) => arrived.resolve(() => response.end('late')));
    const sender = client();
    const running = sender.post(url, { headers: {}, body: hello });
    const answer = await arrived.promise;
    const closed = sender.close();
    await expect(sender.post(url, { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_UNREACHABLE',
    });
    answer();
    expect(await running).toMatchObject({ status: 200 });
    await closed;
    await sender.close();
  });
});

describe('what fails before anything was sent is PUBSUB_UNREACHABLE', () => {
  test.each([
    ['a port without a listener', async () => `http://127.0.0.1:${await deadPort()}/`],
    ['a name without an address', async () => 'http://no-such-host.invalid/'],
    ['no TLS at the other end', async () => (await serve()).url.replace('http:', 'https:')],
  ])('%s', async (_, url) => {
    await expect(client().post(await url(), { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_UNREACHABLE',
    });
  });

  test('a connection that does not come about in time', async () => {
    // TLS to one that takes the connection and says nothing.
    const { url } = await serveRaw(() => {});
    const sender = client({ limits: { connect: 300 } });
    await expect(
      sender.post(url.replace('http:', 'https:'), { headers: {}, body: hello }),
    ).rejects.toMatchObject({
      code: 'PUBSUB_UNREACHABLE',
      cause: { code: 'UND_ERR_CONNECT_TIMEOUT' },
    });
  });
});

describe('what fails later is PUBSUB_AMBIGUOUS', () => {
  test('the peer cuts the connection', async () => {
    const { url } = await serveRaw((socket) => socket.once('data', () => socket.destroy()));
    await expect(client().post(url, { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_AMBIGUOUS',
    });
  });

  test('the peer answers garbage', async () => {
    const { url } = await serveRaw((socket) =>
      socket.once('data', () => socket.end('no HTTP at all\r\n\r\n')),
    );
    await expect(client().post(url, { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_AMBIGUOUS',
    });
  });

  test('the peer cuts its reply short', async () => {
    const { url } = await serveRaw((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort')),
    );
    await expect(client().post(url, { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_AMBIGUOUS',
    });
  });

  test('the peer says nothing', async () => {
    const { url } = await serve(() => {});
    await expect(
      client().post(url, { headers: {}, body: hello, limits: { headers: 300 } }),
    ).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS', cause: { code: 'UND_ERR_HEADERS_TIMEOUT' } });
  });

  test('the peer stops within its reply', async () => {
    const { url } = await serve(
      (_, response) => void response.writeHead(200, { 'content-length': '10' }).write('a'),
    );
    await expect(
      client().post(url, { headers: {}, body: hello, limits: { body: 300 } }),
    ).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS', cause: { code: 'UND_ERR_BODY_TIMEOUT' } });
  });

  test('the peer drips, so that no single wait is too long', async () => {
    const clock = manualClock();
    const dripping = Promise.withResolvers<void>();
    const { url } = await serveRaw((socket) =>
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n');
        const timer = setInterval(() => {
          socket.write('.');
          dripping.resolve();
        }, 20);
        socket.once('close', () => clearInterval(timer));
      }),
    );
    const reply = client({ clock }).post(url, { headers: {}, body: hello });
    reply.catch(() => {});
    await dripping.promise;
    await clock.advance(30_000);
    await expect(reply).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS' });
  });

  test.each([
    ['that says so', { 'content-length': '1000' }],
    ['that does not say so', { 'transfer-encoding': 'chunked' }],
  ])('a reply above the limit, %s', async (_, headers) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((_request, response) => {
      response.on('close', () => closed.resolve());
      response.writeHead(200, headers).end(Buffer.alloc(1_000));
    });
    await expect(
      client().post(url, { headers: {}, body: hello, limits: { reply: 999 } }),
    ).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS' });
    await closed.promise;
    expect(await client().post(url, { headers: {}, body: hello, limits: { reply: 1_000 } })).toMatchObject({
      status: 200,
    });
  });

  test('the body breaks while it is sent', async () => {
    const { url, seen } = await serve();
    const body = () =>
      Readable.from(
        (function* () {
          yield hello;
          throw new Error('the disk is gone');
        })(),
      );
    await expect(client().post(url, { headers: { 'content-length': '26' }, body })).rejects.toMatchObject({
      code: 'PUBSUB_AMBIGUOUS',
      cause: { message: 'the disk is gone' },
    });
    expect(seen).toEqual([]);
  });
});

describe('the signal', () => {
  test('ends a request that runs', async () => {
    const arrived = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    const { url } = await serve((request) => {
      request.socket.once('close', () => closed.resolve());
      arrived.resolve();
    });
    const stop = new AbortController();
    const running = client().post(url, { headers: {}, body: hello, signal: stop.signal });
    await arrived.promise;
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    await closed.promise;
  });

  test('keeps a request that has not begun from being sent', async () => {
    const { url, seen } = await serve();
    const stop = new AbortController();
    const sender = client();
    const running = sender.post(url, { headers: {}, body: hello, signal: stop.signal });
    stop.abort('enough');
    await expect(running).rejects.toBe('enough');
    await expect(sender.post(url, { headers: {}, body: hello, signal: stop.signal })).rejects.toBe('enough');
    await sender.close();
    expect(seen).toEqual([]);
  });
});

describe('PUBSUB_OPTIONS', () => {
  test.each(['', 'nothing', 'ftp://127.0.0.1/', 'file:///etc/passwd'])('for the URL "%s"', async (url) => {
    await expect(client().post(url, { headers: {}, body: hello })).rejects.toMatchObject({
      code: 'PUBSUB_OPTIONS',
    });
  });

  test.each([0, -1, 1.5, NaN, Infinity, 2 ** 31])('for a limit of %s', (total) => {
    expect(() => outgoing({ limits: { total } })).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
    );
  });

  test('for a header that would make two', async () => {
    const { url, seen } = await serve();
    await expect(
      client().post(url, { headers: { authorization: 'a\r\nx: y' }, body: hello }),
    ).rejects.toMatchObject({ code: 'PUBSUB_OPTIONS' });
    expect(seen).toEqual([]);
  });
});
