import { manualClock } from '@millrace/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Listener, ListenerOptions, ListenerRequest, Route } from '../../src/index.ts';
import { createListener } from '../../src/index.ts';
import { echo, post, rawClient } from './support.ts';

describe('a slow client', () => {
  test('that does not end its headers is cut off', async () => {
    const { port } = await listening({ limits: { headersTimeout: 50 } });
    const client = await rawClient(port);
    client.send('POST /v1/echo HTTP/1.1\r\nHost: x\r\n');
    expect(await client.closed).toContain('408');
  });

  test('that drips its body is cut off, and told why', async () => {
    const clock = manualClock();
    const { port, requests } = await listening({ clock });
    const client = await rawClient(port);
    client.send(post('/v1/echo', 'Content-Length: 100000', 'x'));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    await vi.waitFor(async () => {
      client.send('x');
      await clock.advance(1_000);
      expect(client.socket.bytesRead).toBeGreaterThan(0);
    });
    await client.heard('408');
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
    await clock.advance(1_000);
    expect(await client.closed).toContain('connection: close');
  });
});

describe('a connection', () => {
  test('carries one request after another', async () => {
    const { port } = await listening();
    const client = await rawClient(port);
    for (const body of ['one', 'two']) {
      client.send(post('/v1/echo', `Content-Length: ${body.length}`, body));
      await client.heard(Buffer.from(body).toString('base64'));
    }
    expect(client.socket.closed).toBe(false);
    client.socket.destroy();
  });

  test('carries requests that come in one piece, and one that comes byte by byte', async () => {
    const { port, requests } = await listening();
    const client = await rawClient(port);
    const texts = ['one', 'two', '', 'three'];
    client.send(texts.map((text) => post('/v1/echo', `Content-Length: ${text.length}`, text)).join(''));
    await client.heard(Buffer.from('three').toString('base64'));
    for (const byte of post('/v1/echo', 'Content-Length: 4', 'four')) client.send(byte);
    await client.heard(Buffer.from('four').toString('base64'));
    client.send(post('/v1/echo', 'Transfer-Encoding: chunked', '2\r\nfi\r\n2\r\nve\r\n0\r\n\r\n'));
    await client.heard(Buffer.from('five').toString('base64'));
    expect(requests).toHaveLength(6);
    client.socket.destroy();
    expect(await client.closed).not.toContain('connection: close');
  });

  test('is closed where the rest of a body is not wanted, after the answer was sent', async () => {
    const refusing: Route = { method: 'POST', path: '/refuse', handle: async () => ({ status: 403 }) };
    const { port } = await listening({}, [refusing]);
    const client = await rawClient(port);
    client.send(post('/refuse', 'Content-Length: 1000000', 'x'));
    await client.heard('403');
    client.send(post('/v1/echo', 'Content-Length: 0'));
    const answer = await client.closed;
    expect(answer).toContain('connection: close');
    expect(answer).not.toContain('201');
  });

  test('is refused when there are enough', async () => {
    const { port } = await listening({ limits: { maxConnections: 1 } });
    const first = await rawClient(port);
    first.send(post('/v1/echo', 'Content-Length: 0'));
    await first.heard('201');
    const second = await rawClient(port);
    expect(await second.closed).toBe('');
    first.socket.destroy();
  });

  test('tells a route that its client has gone', async () => {
    const { port, requests } = await listening();
    const client = await rawClient(port);
    client.send(post('/v1/echo', 'Content-Length: 100', 'x'));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    client.socket.destroy();
    await vi.waitFor(() => expect(requests[0]?.signal.aborted).toBe(true));
  });
});

describe('closing', () => {
  test('waits for the answer that is being made, and cuts what only waits', async () => {
    const release = Promise.withResolvers<void>();
    const slow: Route = {
      method: 'POST',
      path: '/slow',
      async handle() {
        await release.promise;
        return { status: 200, body: 'finished' };
      },
    };
    const { listener, port, requests } = await listening({}, [slow]);
    const [busy, idle] = [await rawClient(port), await rawClient(port)];
    busy.send(post('/slow', 'Content-Length: 0'));
    idle.send(post('/v1/echo', 'Content-Length: 0'));
    await idle.heard('201');
    await vi.waitFor(() => expect(requests).toHaveLength(2));
    const closed = listener.close();
    await idle.closed;
    release.resolve();
    expect(await busy.closed).toMatch(/connection: close[^]*finished/);
    await closed;
    await listener.close();
  });

  test('waits no longer than it is told', async () => {
    const clock = manualClock();
    const hanging: Route = { method: 'POST', path: '/hang', handle: () => new Promise(() => {}) };
    const { listener, port, requests } = await listening({ clock, limits: { drainTimeout: 5_000 } }, [
      hanging,
    ]);
    const client = await rawClient(port);
    client.send(post('/hang', 'Content-Length: 0'));
    await vi.waitFor(() => expect(requests).toHaveLength(1));
    const closing = listener.close();
    await vi.waitFor(async () => {
      await clock.advance(1_000);
      expect(client.socket.closed).toBe(true);
    });
    await closing;
    expect(clock.monotonic()).toBeGreaterThanOrEqual(5_000);
  });
});

describe('routes', () => {
  test('come and go while the listener runs', async () => {
    const { listener, url } = await listening();
    const detach = listener.attach([{ method: 'GET', path: '/here', handle: async () => ({ status: 204 }) }]);
    expect((await fetch(`${url}/here`)).status).toBe(204);
    detach();
    expect((await fetch(`${url}/here`)).status).toBe(404);
  });

  test('of two that want the same one, the second hears of it and leaves nothing behind', async () => {
    const { listener } = await listening();
    const other: Route = { ...echo, path: '/other' };
    expect(() => listener.attach([other, echo])).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
    expect(() => listener.attach([other])).not.toThrow();
  });

  test('that break are answered with 500, and say nothing of why', async () => {
    const broken: Route = {
      method: 'GET',
      path: '/broken',
      handle: () => Promise.reject(new Error('a secret')),
    };
    const { url } = await listening({}, [broken]);
    const response = await fetch(`${url}/broken`);
    expect([response.status, await response.text()]).toEqual([500, '']);
  });
});

describe('upgrades', () => {
  test('go to who takes the path, others are refused', async () => {
    const { listener, port } = await listening();
    listener.attachUpgrade('/v1/websocket', (_request, socket) =>
      socket.end('HTTP/1.1 101 Yes\r\n\r\nhello'),
    );
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket';
    const [taken, refused] = [await rawClient(port), await rawClient(port)];
    taken.send(`GET /v1/websocket?x HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n\r\n`);
    refused.send(`GET /v1/other HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n\r\n`);
    expect(await taken.closed).toContain('hello');
    expect(await refused.closed).toContain('404');
    expect(() => listener.attachUpgrade('/v1/websocket', () => {})).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
    );
  });
});

test('a port that is taken is an error with a code', async () => {
  const { port } = await listening();
  const other = createListener({ port });
  await expect(other.listen()).rejects.toMatchObject({ code: 'PUBSUB_LISTENER' });
  await other.close();
});

test.each([
  { port: -1 },
  { host: '127.0.0.1' },
  { port: 0, maxBody: 0 },
  { limits: { minBodyRate: Number.NaN } },
  { limits: { headersTimeout: 2 ** 31 } },
])('%j makes no sense', (options: ListenerOptions) => {
  expect(() => createListener(options)).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
});

interface Listening {
  readonly listener: Listener;
  readonly port: number;
  readonly url: string;
  /** What its routes were given. */
  readonly requests: readonly ListenerRequest[];
}

async function listening(options: ListenerOptions = {}, routes: readonly Route[] = []): Promise<Listening> {
  const requests: ListenerRequest[] = [];
  const listener = createListener({ port: 0, ...options });
  onTestFinished(() => listener.close());
  listener.attach(
    [echo, ...routes].map((route) => ({
      ...route,
      handle(request: ListenerRequest) {
        requests.push(request);
        return route.handle(request);
      },
    })),
  );
  const address = await listener.listen();
  if (!address) throw new Error('It has no address.');
  return { listener, port: address.port, url: `http://127.0.0.1:${address.port}`, requests };
}
