import { getEventListeners } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { createBayeuxClient } from '../../src/bayeux.ts';
import { clientOf, errorOf, failureOf } from './support/client.ts';
import type { Answer } from './support/raw-server.ts';
import { rawServer, refusal, send, success } from './support/raw-server.ts';

const succeed: Answer = (request, response) => send(response, [success(request)]);

test('each step is one POST of one message, with ids that begin anew at a handshake', async () => {
  const server = await rawServer(succeed);
  const client = clientOf(server.url);
  await client.handshake({ ext: { replay: true } });
  await client.connect({ advice: { timeout: 0 } });
  await client.subscribe('/topic/Open?Status=New', { ext: { replay: { '/topic/Open': -1 } } });
  await client.unsubscribe('/topic/Open?Status=New');
  await client.disconnect();
  await client.handshake();

  const clientId = 'client-1';
  expect(server.received.map(({ body }) => JSON.parse(body) as unknown)).toEqual([
    [
      {
        channel: '/meta/handshake',
        id: '1',
        version: '1.0',
        minimumVersion: '1.0',
        supportedConnectionTypes: ['long-polling'],
        ext: { replay: true },
      },
    ],
    [
      {
        channel: '/meta/connect',
        id: '2',
        clientId,
        connectionType: 'long-polling',
        advice: { timeout: 0 },
      },
    ],
    [
      {
        channel: '/meta/subscribe',
        id: '3',
        clientId,
        subscription: '/topic/Open?Status=New',
        ext: { replay: { '/topic/Open': -1 } },
      },
    ],
    [{ channel: '/meta/unsubscribe', id: '4', clientId, subscription: '/topic/Open?Status=New' }],
    [{ channel: '/meta/disconnect', id: '5', clientId }],
    [
      {
        channel: '/meta/handshake',
        id: '1',
        version: '1.0',
        minimumVersion: '1.0',
        supportedConnectionTypes: ['long-polling'],
      },
    ],
  ]);
  for (const { method, path, headers } of server.received) {
    expect({ method, path, type: headers['content-type'] }).toEqual({
      method: 'POST',
      path: '/cometd/66.0',
      type: 'application/json;charset=UTF-8',
    });
  }
});

test('a step resolves with the reply to it', async () => {
  const server = await rawServer((request, response) =>
    send(response, [
      { channel: request.message.channel, id: 'of-another', successful: false, error: '500::other' },
      success(request, { ext: { replay: true } }),
    ]),
  );
  const client = clientOf(server.url);
  expect(await client.handshake()).toEqual({
    channel: '/meta/handshake',
    id: '1',
    clientId: 'client-1',
    successful: true,
    ext: { replay: true },
  });
});

test('headers and endpoint are read for each request, so that a renewed token counts at once', async () => {
  const server = await rawServer(succeed);
  let version = 0;
  const client = clientOf('', {
    endpoint: () => `${server.origin}/cometd/${version}.0`,
    headers: () => ({ Authorization: `Bearer ${(version += 1)}` }),
  });
  await client.handshake();
  await client.connect();
  expect(server.received.map(({ headers, path }) => [headers.authorization, path])).toEqual([
    ['Bearer 1', '/cometd/0.0'],
    ['Bearer 2', '/cometd/1.0'],
  ]);
});

test('a replay id beyond 2^53 keeps all its digits both ways', async () => {
  const server = await rawServer((request, response) =>
    send(
      response,
      `[${JSON.stringify(success(request))},{"channel":"/event/X__e","data":{"event":{"replayId":9007199254740993}}}]`,
    ),
  );
  const client = clientOf(server.url);
  await client.handshake();
  await client.subscribe('/event/X__e', { ext: { replay: { '/event/X__e': 9007199254740993n } } });
  expect(client.events[0]?.data).toEqual({ event: { replayId: 9007199254740993n } });
  expect(server.received[1]?.body).toContain('{"/event/X__e":9007199254740993}');
});

test('events in any reply, before or after it, come in order and before the step ends', async () => {
  let number = 0;
  const event = () => ({ channel: '/event/X__e', data: (number += 1) });
  const server = await rawServer((request, response) => {
    const reply =
      request.message.channel === '/meta/unsubscribe' ? refusal(request, '400::not now') : success(request);
    send(response, [event(), reply, event()]);
  });
  const client = clientOf(server.url);
  const seen = () => client.events.map(({ data }) => data);
  await client.handshake();
  expect(seen()).toEqual([1, 2]);
  await client.subscribe('/event/X__e');
  expect(seen()).toEqual([1, 2, 3, 4]);
  await client.connect();
  expect(seen()).toEqual([1, 2, 3, 4, 5, 6]);
  await errorOf(client.unsubscribe('/event/X__e'));
  expect(seen()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  await client.disconnect();
  expect(seen()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('the other requests wait for each other while one connect is under way', async () => {
  const order: string[] = [];
  const server = await rawServer(async (request, response) => {
    const { channel, subscription = '' } = request.message;
    order.push(`${channel} ${subscription}`);
    // The poll is held until the last of the others is there.
    if (channel === '/meta/connect') await server.whenReceived(4);
    order.push(`answer ${subscription}`);
    send(response, [success(request)]);
  });
  const client = clientOf(server.url);
  await client.handshake();
  const poll = client.connect();
  await server.whenReceived(2);
  await Promise.all([client.subscribe('/a'), client.subscribe('/b'), poll]);
  expect(order.filter((entry) => entry.includes('/a') || entry.includes('/b'))).toEqual([
    '/meta/subscribe /a',
    'answer /a',
    '/meta/subscribe /b',
    'answer /b',
  ]);
  expect(server.mostAtOnce).toBe(2);
});

test('a failed request lets the next one go', async () => {
  const server = await rawServer((request, response) =>
    send(response, [
      request.message.subscription === '/bad' ? refusal(request, '400::bad') : success(request),
    ]),
  );
  const client = clientOf(server.url);
  await client.handshake();
  const [bad, good] = await Promise.allSettled([client.subscribe('/bad'), client.subscribe('/good')]);
  expect([bad.status, good.status]).toEqual(['rejected', 'fulfilled']);
});

test('a request aborted before its turn is never sent, and the next one still waits for the first', async () => {
  const held = Promise.withResolvers<void>();
  let sent = 0;
  const server = await rawServer(async (request, response) => {
    if (request.message.subscription === '/first') await held.promise;
    send(response, [success(request)]);
  });
  const client = clientOf(server.url, {
    fetch: (...request) => {
      sent += 1;
      return fetch(...request);
    },
  });
  await client.handshake();
  const abort = new AbortController();
  const first = client.subscribe('/first');
  const second = errorOf(client.subscribe('/second', { signal: abort.signal }));
  const third = client.subscribe('/third');
  await server.whenReceived(2);
  const reason = new Error('stopped');
  abort.abort(reason);
  expect(await second).toBe(reason);
  await setImmediate();
  expect(sent).toBe(2);
  held.resolve();
  await Promise.all([first, third]);
  expect(server.received.map(({ message }) => message.subscription)).toEqual([undefined, '/first', '/third']);
});

test('a second connect, a handshake during one, and steps without a session are mistakes that say so', async () => {
  const server = await rawServer((request, response) => {
    if (request.message.channel !== '/meta/connect') send(response, [success(request)]);
  });
  const client = clientOf(server.url);
  for (const step of [client.connect(), client.subscribe('/a'), client.disconnect()]) {
    expect(await errorOf(step)).toMatchObject({
      code: 'SALESFORCE_CLIENT_STATE',
      message: expect.stringContaining('handshake'),
    });
  }
  await client.handshake();
  const abort = new AbortController();
  const poll = errorOf(client.connect({ signal: abort.signal }));
  for (const step of [client.connect(), client.handshake()]) {
    expect(await errorOf(step)).toMatchObject({
      code: 'SALESFORCE_CLIENT_STATE',
      message: expect.stringContaining('connect is under way'),
    });
  }
  abort.abort();
  await poll;
  await client.handshake();
  expect(server.received.filter(({ message }) => message.channel === '/meta/connect').length).toBeLessThan(2);
});

test('aborting ends a hanging poll at once, hangs up, and leaves the session', async () => {
  const server = await rawServer((request, response) => {
    if (request.message.channel !== '/meta/connect') send(response, [success(request)]);
  });
  const client = clientOf(server.url, { clock: manualClock() });
  await client.handshake();
  const abort = new AbortController();
  const poll = errorOf(client.connect({ signal: abort.signal }));
  await server.whenReceived(2);
  const reason = new Error('stopped');
  abort.abort(reason);
  expect(await poll).toBe(reason);
  await expect.poll(() => server.hungUp).toBe(1);
  expect(client.clientId).toBe('client-1');
  await client.disconnect();
});

test('a signal that has aborted before sends nothing', async () => {
  const server = await rawServer(succeed);
  const client = clientOf(server.url);
  await client.handshake();
  const reason = new Error('stopped');
  const signal = AbortSignal.abort(reason);
  expect(await errorOf(client.connect({ signal }))).toBe(reason);
  expect(await errorOf(client.subscribe('/a', { signal }))).toBe(reason);
  expect(await errorOf(client.handshake({ signal }))).toBe(reason);
  expect(client.clientId).toBe('client-1');
  await client.disconnect();
  expect(server.received.map(({ message }) => message.channel)).toEqual([
    '/meta/handshake',
    '/meta/disconnect',
  ]);
});

test('advice is kept where a reply leaves it out, and begins anew with a session', async () => {
  const advices = [
    {},
    { advice: { reconnect: 'retry', interval: 5, timeout: 20_000 } },
    { advice: { reconnect: 'none', interval: -1, timeout: 'soon' } },
    { advice: { interval: 1e12, reconnect: 'whatever' } },
    {},
  ];
  const server = await rawServer((request, response) =>
    send(response, [success(request, advices[server.received.length - 1])]),
  );
  const client = clientOf(server.url);
  const initial = { reconnect: 'retry', interval: 0, timeout: 110_000 };
  expect(client.advice).toEqual(initial);
  await client.handshake();
  expect(client.advice).toEqual(initial);
  await client.connect();
  expect(client.advice).toEqual({ reconnect: 'retry', interval: 5, timeout: 20_000 });
  await client.connect();
  expect(client.advice).toEqual({ reconnect: 'none', interval: 5, timeout: 20_000 });
  await client.connect();
  expect(client.advice).toEqual({ reconnect: 'none', interval: 5, timeout: 20_000 });
  await client.handshake();
  expect(client.advice).toEqual(initial);
});

test('a connect waits for the advised interval, unless it is aborted', async () => {
  const clock = manualClock();
  let sent = 0;
  const server = await rawServer((request, response) =>
    send(response, [success(request, { advice: { interval: 1000 } })]),
  );
  const client = clientOf(server.url, {
    clock,
    fetch: (...request) => {
      sent += 1;
      return fetch(...request);
    },
  });
  await client.handshake();
  const poll = client.connect();
  await clock.advance(999);
  expect(sent).toBe(1);
  await clock.advance(1);
  expect(sent).toBe(2);
  await poll;

  const abort = new AbortController();
  const aborted = errorOf(client.connect({ signal: abort.signal }));
  await clock.advance(1);
  abort.abort(new Error('stopped'));
  expect(await aborted).toEqual(new Error('stopped'));
  expect(sent).toBe(2);
});

test('a poll may take the advised timeout and a margin; other requests less', async () => {
  const clock = manualClock();
  const server = await rawServer((request, response) => {
    const { channel, subscription } = request.message;
    if (channel === '/meta/handshake' || subscription === '/good') send(response, [success(request)]);
  });
  const client = clientOf(server.url, { clock });
  await client.handshake();

  async function timeOf(step: Promise<unknown>, expected: number) {
    const received = server.received.length;
    const failure = failureOf(step);
    await server.whenReceived(received + 1);
    await clock.advance(expected - 1);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect(await failure).toEqual({ kind: 'timeout', milliseconds: expected });
    expect(clock.pending).toBe(0);
  }
  await timeOf(client.connect(), 125_000);
  await timeOf(client.connect({ timeout: 7000 }), 7000);
  await timeOf(client.subscribe('/bad'), 60_000);
  await timeOf(client.subscribe('/bad', { timeout: 3000 }), 3000);
  await client.subscribe('/good');
});

test('a step leaves no timers and no listeners behind', async () => {
  const clock = manualClock();
  const server = await rawServer(succeed);
  const client = clientOf(server.url, { clock });
  const { signal } = new AbortController();
  await client.handshake({ signal });
  await Promise.all([
    client.connect({ signal }),
    client.subscribe('/a', { signal }),
    client.subscribe('/b', { signal }),
  ]);
  await client.disconnect({ signal });
  expect(clock.pending).toBe(0);
  expect(getEventListeners(signal, 'abort')).toEqual([]);
});

test('forget drops the session; cookies go only when that is asked', async () => {
  const server = await rawServer((request, response) =>
    send(response, [success(request)], { headers: { 'set-cookie': 'BAYEUX_BROWSER=b; Path=/' } }),
  );
  const client = clientOf(server.url);
  await client.handshake();
  client.forget();
  expect(client.clientId).toBeUndefined();
  await client.handshake();
  client.forget({ cookies: true });
  await client.handshake();
  expect(server.received.map(({ headers }) => headers.cookie)).toEqual([
    undefined,
    'BAYEUX_BROWSER=b',
    undefined,
  ]);
});

test('a reply that comes after forget brings its events, but no cookies or advice', async () => {
  const held = Promise.withResolvers<void>();
  const server = await rawServer(async (request, response) => {
    const { channel } = request.message;
    if (channel !== '/meta/connect') return send(response, [success(request)]);
    await held.promise;
    send(response, [success(request, { advice: { timeout: 5 } }), { channel: '/a', data: 1 }], {
      headers: { 'set-cookie': 'old=1' },
    });
  });
  const client = clientOf(server.url);
  await client.handshake();
  const poll = client.connect();
  await server.whenReceived(2);
  client.forget({ cookies: true });
  held.resolve();
  await poll;
  expect(client.events.length).toBe(1);
  expect(client.advice.timeout).toBe(110_000);
  await client.handshake();
  expect(server.received.at(-1)?.headers.cookie).toBeUndefined();
});

test('a failed handshake and a disconnect leave no session', async () => {
  let refuse = false;
  const server = await rawServer((request, response) =>
    send(response, [refuse ? refusal(request, '403::Handshake denied') : success(request)]),
  );
  const client = clientOf(server.url);
  await client.handshake();
  refuse = true;
  await errorOf(client.handshake());
  expect(client.clientId).toBeUndefined();
  refuse = false;
  await client.handshake();
  refuse = true;
  await errorOf(client.disconnect());
  expect(client.clientId).toBeUndefined();
});

test('onMessage sees each message in both directions, and no secrets', async () => {
  const server = await rawServer((request, response) =>
    send(response, [success(request), { channel: '/a', data: 1 }]),
  );
  const seen: unknown[] = [];
  const client = clientOf(server.url, {
    onMessage: (message, direction) => seen.push([direction, message]),
  });
  await client.handshake();
  expect(seen).toEqual([
    ['sent', server.received[0]?.message],
    ['received', { channel: '/meta/handshake', id: '1', clientId: 'client-1', successful: true }],
    ['received', { channel: '/a', data: 1 }],
  ]);
  expect(JSON.stringify(seen)).not.toContain('secret-token');
});

test('a request beyond 32,768 bytes is not sent', async () => {
  const server = await rawServer(succeed);
  const client = clientOf(server.url);
  await client.handshake();
  const room = 32_768 - JSON.stringify([subscribeTo('')]).length;
  await client.subscribe('x'.repeat(room));
  expect(await failureOf(client.subscribe('é'.repeat(room / 2 + 1)))).toEqual({
    kind: 'too-large',
    direction: 'request',
    limit: 32_768,
  });
  expect(server.received.length).toBe(2);

  function subscribeTo(subscription: string) {
    return { channel: '/meta/subscribe', id: '2', clientId: 'client-1', subscription };
  }
});

test.each([
  [{ endpoint: undefined }, 'endpoint'],
  [{ headers: 'Bearer x' }, 'headers'],
  [{ onEvents: undefined }, 'onEvents'],
  [{ maxResponseBytes: 0 }, 'maxResponseBytes'],
  [{ requestTimeout: Number.NaN }, 'requestTimeout'],
  [{ pollMargin: '15 s' }, 'pollMargin'],
])('options %j are refused by name', (wrong, name) => {
  const options = { endpoint: () => '', headers: () => ({}), onEvents() {} };
  // @ts-expect-error: a caller without types
  expect(() => createBayeuxClient({ ...options, ...wrong })).toThrow(
    expect.objectContaining({ code: 'SALESFORCE_OPTIONS', message: expect.stringContaining(name) }),
  );
});

test.each([
  '',
  'acme.my.salesforce.com',
  'ftp://acme',
  'https://user:secret-token@acme',
  'https://secret-token@acme',
  'https://:secret-token@acme',
])('the endpoint %s is refused without being quoted', async (endpoint) => {
  const error = await errorOf(clientOf(endpoint).handshake());
  expect(error).toMatchObject({ code: 'SALESFORCE_OPTIONS' });
  expect(String(error)).not.toContain('secret-token');
});

test('a header that can not be sent is refused without its value', async () => {
  const server = await rawServer(succeed);
  const client = clientOf(server.url, {
    headers: () => ({ authorization: 'Bearer secret-token\nmore' }),
  });
  const error = await errorOf(client.handshake());
  expect(error).toMatchObject({
    code: 'SALESFORCE_OPTIONS',
    message: expect.stringContaining('authorization'),
  });
  expect(inspect(error)).not.toContain('secret-token');
});
