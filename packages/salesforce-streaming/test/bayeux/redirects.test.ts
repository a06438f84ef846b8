import { expect, test } from 'vitest';
import { clientOf, errorOf, failureOf } from './support/client.ts';
import { rawServer, refusal, send, success } from './support/raw-server.ts';

test('cookies of all replies are given back, failed and garbled ones included', async () => {
  const cookies = ['a', 'b', 'c', 'd'].map((name) => `${name}=1; Path=/cometd`);
  const server = await rawServer((request, response) => {
    const number = server.received.length;
    const headers = { 'set-cookie': [cookies[number - 1] ?? '', `last=${number}`] };
    if (number === 1) send(response, [refusal(request, '403::Unknown client')], { headers });
    else if (number === 2) send(response, '<html>', { headers, status: 503 });
    else if (number === 3) send(response, 'x', { headers });
    else send(response, [success(request)], { headers });
  });
  const client = clientOf(server.url);
  for (let step = 0; step < 3; step += 1) await errorOf(client.handshake());
  await client.handshake();
  await client.connect();
  expect(server.received.map(({ headers }) => headers.cookie)).toEqual([
    undefined,
    'a=1; last=1',
    'a=1; last=2; b=1',
    'a=1; last=3; b=1; c=1',
    'a=1; last=4; b=1; c=1; d=1',
  ]);
});

test('two clients share no cookies', async () => {
  const server = await rawServer((request, response) =>
    send(response, [success(request)], { headers: { 'set-cookie': 'BAYEUX_BROWSER=b' } }),
  );
  await clientOf(server.url).handshake();
  await clientOf(server.url).handshake();
  expect(server.received.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
});

test.each([307, 308])(
  'HTTP %i to the same server is followed, with the cookies on the way',
  async (status) => {
    const server = await rawServer((request, response) =>
      request.path.endsWith('/')
        ? send(response, [success(request)], { headers: { 'set-cookie': 'here=1' } })
        : send(response, '', {
            status,
            headers: { location: '/cometd/66.0/', 'set-cookie': 'route=7; Path=/' },
          }),
    );
    const client = clientOf(server.url);
    await client.handshake();
    expect(server.received.map(({ path, method, headers }) => [path, method, headers.cookie])).toEqual([
      ['/cometd/66.0', 'POST', undefined],
      ['/cometd/66.0/', 'POST', 'route=7'],
    ]);
    expect(server.received[1]?.body).toBe(server.received[0]?.body);
    expect(server.received[1]?.headers.authorization).toBe('Bearer secret-token');
  },
);

test.each([301, 302, 303, 307, 308])(
  'HTTP %i to another instance is not followed: the token is not for it',
  async (status) => {
    const other = await rawServer((request, response) => send(response, [success(request)]));
    const server = await rawServer((_, response) =>
      send(response, '', {
        status,
        headers: { location: `${other.url}?sid=secret`, 'set-cookie': 'route=7; Path=/' },
      }),
    );
    const client = clientOf(server.url);
    const error = await errorOf(client.handshake());
    expect(error).toMatchObject({
      code: 'SALESFORCE_SESSION_REFUSED',
      message: expect.stringContaining(other.origin),
      failure: { kind: 'redirected', status, origin: other.origin, sameOrigin: false },
    });
    expect(String(error)).not.toContain('secret');
    expect(other.received).toEqual([]);
    await errorOf(client.handshake());
    expect(server.received[1]?.headers.cookie).toBe('route=7');
  },
);

test('a redirect to a page of the same server, such as a login, is a failure', async () => {
  const server = await rawServer((_, response) =>
    send(response, '', { status: 302, headers: { location: '/?ec=302&startURL=%2Fcometd' } }),
  );
  expect(await failureOf(clientOf(server.url).handshake())).toEqual({
    kind: 'redirected',
    status: 302,
    origin: server.origin,
    sameOrigin: true,
  });
  expect(server.received.length).toBe(1);
});

test('redirects in a circle end, and one without a target is a failure', async () => {
  let location: Record<string, string> = { location: '/cometd/66.0' };
  const server = await rawServer((_, response) => send(response, '', { status: 307, headers: location }));
  const client = clientOf(server.url);
  expect(await failureOf(client.handshake())).toMatchObject({ kind: 'redirected', sameOrigin: true });
  expect(server.received.length).toBe(4);
  location = {};
  expect(await failureOf(client.handshake())).toMatchObject({ kind: 'redirected', origin: undefined });
});
