import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import { clientOf, errorOf, failureOf } from './support/client.ts';
import type { Answer } from './support/raw-server.ts';
import { rawServer, send, success } from './support/raw-server.ts';

/** A client with a session whose next step is answered so. */
async function answered(answer: Answer, options: Parameters<typeof clientOf>[1] = {}) {
  const server = await rawServer((request, response) =>
    request.message.channel === '/meta/handshake'
      ? send(response, [success(request)])
      : answer(request, response),
  );
  const client = clientOf(server.url, options);
  await client.handshake();
  return Object.assign(client, { server });
}

const text = 'café ☕ 日本 𝄞';

test('a character split over two chunks at any byte stays whole', async () => {
  const client = await answered(async (request, response) => {
    const body = Buffer.from(JSON.stringify([success(request), { channel: '/a', data: text }]));
    response.writeHead(200, { 'content-type': 'application/json' });
    for (const byte of body) {
      response.write(Buffer.of(byte));
      await setImmediate();
    }
    response.end();
  });
  await client.connect();
  expect(client.events).toEqual([{ channel: '/a', data: text }]);
});

test('a reply may be compressed', async () => {
  const client = await answered((request, response) =>
    send(response, gzipSync(JSON.stringify([success(request), { channel: '/a', data: text }])), {
      headers: { 'content-encoding': 'gzip' },
    }),
  );
  await client.connect();
  expect(client.events).toEqual([{ channel: '/a', data: text }]);
  expect(client.server.received[1]?.headers['accept-encoding']).toContain('gzip');
});

test('a batch of 12 MB arrives whole', async () => {
  const count = 12_000;
  const data = text.repeat(45);
  const client = await answered((request, response) =>
    send(response, [
      ...Array.from({ length: count }, (_, index) => ({ channel: '/a', data, id: String(index) })),
      success(request),
    ]),
  );
  await client.connect();
  expect(client.events.length).toBe(count);
  expect(client.events.every((event, index) => event.data === data && event.id === String(index))).toBe(true);
});

test('a reply as large as allowed is taken, a larger one is not, compressed or plain', async () => {
  const padding = 'x'.repeat(100_000);
  const body = `[{"channel":"/meta/connect","id":"2","successful":true},{"channel":"/a","data":"${padding}"}]`;
  const compressed = (response: ServerResponse) =>
    send(response, gzipSync(body), { headers: { 'content-encoding': 'gzip' } });
  for (const reply of [compressed, (response: ServerResponse) => send(response, body)]) {
    const limit = body.length;
    const enough = await answered((_, response) => reply(response), { maxResponseBytes: limit });
    await enough.connect();
    expect(enough.events.length).toBe(1);
    const less = await answered((_, response) => reply(response), { maxResponseBytes: limit - 1 });
    expect(await errorOf(less.connect())).toMatchObject({
      code: 'SALESFORCE_RESPONSE_TOO_LARGE',
      message: expect.stringContaining('maxResponseBytes'),
      failure: { kind: 'too-large', direction: 'response', limit: limit - 1 },
    });
    expect(less.events).toEqual([]);
  }
});

test.each([
  ['an HTML page', '<!DOCTYPE html><html>Down for maintenance</html>', 'html'],
  ['truncated JSON', '[{"channel":"/meta/connect","successful":tr', 'not-json'],
  ['no JSON', 'OK', 'not-json'],
  ['an empty list', '[]', 'empty'],
  ['an empty body', '', 'empty'],
  ['an object', '{"channel":"/meta/connect","successful":true}', 'not-messages'],
  ['a list of something else', '[{"channel":"/a"}, 7]', 'not-messages'],
  ['a list without channels', '[{"successful":true}]', 'not-messages'],
  ['null', 'null', 'not-messages'],
  ['the reply to another request', '[{"channel":"/meta/connect","id":"77","successful":true}]', 'no-reply'],
  ['events alone', '[{"channel":"/a","data":1}]', 'no-reply'],
])('%s is garbage', async (_, body, what) => {
  const client = await answered((_, response) => send(response, body));
  const error = await errorOf(client.connect());
  expect(error).toMatchObject({
    code: 'SALESFORCE_RESPONSE_INVALID',
    failure: { kind: 'garbage', what, status: 200 },
  });
});

test('a handshake that succeeds without a clientId is garbage', async () => {
  const server = await rawServer((_, response) =>
    send(response, [{ channel: '/meta/handshake', id: '1', successful: true }]),
  );
  const client = clientOf(server.url);
  expect(await failureOf(client.handshake())).toEqual({
    kind: 'garbage',
    what: 'no-client-id',
    status: 200,
  });
  expect(client.clientId).toBeUndefined();
});

test('HTTP 204 is an empty reply', async () => {
  const client = await answered((_, response) => response.writeHead(204).end());
  expect(await failureOf(client.connect())).toEqual({ kind: 'garbage', what: 'empty', status: 204 });
});

test('a connection that is reset before or in the middle of a reply is a network failure', async () => {
  let partial = '';
  const client = await answered(async (_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    if (partial !== '') await new Promise((resolve) => response.write(partial, resolve));
    response.socket?.resetAndDestroy();
  });
  expect(await failureOf(client.connect())).toEqual({ kind: 'network', errorCode: 'ECONNRESET' });
  partial = '[{"channel":"/a","data":1},';
  expect(await failureOf(client.connect())).toMatchObject({ kind: 'network' });
  expect(client.events).toEqual([]);
});

test('a reply that ends before its announced length is a network failure', async () => {
  const client = await answered((_, response) => {
    response.writeHead(200, { 'content-length': 1000 });
    response.write('[{"channel":"/a","data":1}]', () => response.socket?.end());
  });
  expect(await failureOf(client.connect())).toMatchObject({ kind: 'network' });
});

test('a server that is not there is a network failure with its code', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  server.close();
  await once(server, 'close');
  expect(await errorOf(clientOf(`http://127.0.0.1:${address.port}/`).handshake())).toMatchObject({
    code: 'SALESFORCE_UNREACHABLE',
    message: expect.stringContaining('ECONNREFUSED'),
    failure: { kind: 'network', errorCode: 'ECONNREFUSED' },
    cause: expect.any(Error),
  });
});

test('bytes that are no HTTP are a network failure', async () => {
  const server = createServer((socket) => socket.end('220 smtp.example.com ready\r\n'));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const failure = await failureOf(clientOf(`http://127.0.0.1:${address.port}/`).handshake());
  expect(failure).toMatchObject({ kind: 'network' });
  server.close();
});

test('a slow reply has time beyond the poll, a reply without end has not', async () => {
  const clock = manualClock();
  let heads = 0;
  let finish = () => {};
  const client = await answered(
    (request, response) => {
      const body = JSON.stringify([success(request)]);
      response.writeHead(200);
      response.write(body.slice(0, 5));
      finish = () => response.end(body.slice(5));
    },
    {
      clock,
      requestTimeout: 60_000,
      async fetch(...request) {
        const response = await fetch(...request);
        heads += 1;
        return response;
      },
    },
  );
  const slow = client.connect({ timeout: 10 });
  await expect.poll(() => heads).toBe(2);
  await clock.advance(59_999);
  finish();
  await slow;

  const endless = failureOf(client.connect({ timeout: 10 }));
  await expect.poll(() => heads).toBe(3);
  await clock.advance(60_000);
  expect(await endless).toEqual({ kind: 'timeout', milliseconds: 60_000 });
  await expect.poll(() => client.server.hungUp).toBe(1);
});
