import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import express from 'express';
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Listener } from '../../src/index.ts';
import { createListener } from '../../src/index.ts';
import { echo } from './support.ts';

/** Ways to reach a listener; each answers "not ours" to what is not. */
const mounts: Readonly<Record<string, (listener: Listener) => Promise<string>>> = {
  'a server of its own': async (listener) => {
    const address = await listener.listen();
    return `http://127.0.0.1:${address?.port}`;
  },
  'node:http': (listener) =>
    serverOf((request, response) => {
      if (!listener.handler(request, response)) response.writeHead(404).end('not ours');
    }),
  'Express, before its body parsers': (listener) => {
    const app = express();
    app.use(listener.handler);
    app.use(express.raw({ type: () => true }));
    app.use((_request, response) => void response.status(404).send('not ours'));
    return serverOf(app);
  },
  'Express, under a path': (listener) => {
    const app = express();
    app.use('/v1', listener.handler);
    return serverOf(app);
  },
  Fastify: async (listener) => {
    const app = fastify();
    app.addContentTypeParser('*', (_request, _payload, done) => done(null));
    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.all('/v1/*', (request, reply) => {
      if (listener.handler(request.raw, reply.raw)) reply.hijack();
      else reply.callNotFound();
    });
    onTestFinished(() => app.close());
    return app.listen({ port: 0 });
  },
  Hono: async (listener) => {
    const app = new Hono();
    app.all('/v1/*', (context) => listener.fetch(context.req.raw));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server;
    onTestFinished(() => closed(server));
    if (!server.listening) await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
};

describe.each(Object.entries(mounts))('a listener on %s', (name, mount) => {
  test.each([
    ['application/octet-stream', Buffer.from([0, 255, 1, 10, 13])],
    // What frameworks like to parse.
    ['application/json', Buffer.from('{ "spaces":  "kept" }')],
    ['text/plain', Buffer.from('text')],
    ['application/octet-stream', Buffer.alloc(1_000_000, 'x')],
  ])('gets the raw bytes of %s', async (type, body) => {
    const url = await mount(ownListener());
    const response = await fetch(`${url}/v1/echo?a=1`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({
      method: 'POST',
      url: '/v1/echo?a=1',
      type,
      bytes: body.toString('base64'),
    });
  });

  test('says what is not there, not allowed or too large', async () => {
    const url = await mount(ownListener());
    const tooLarge = { method: 'POST', body: Buffer.alloc(2_000_001) };
    expect((await fetch(`${url}/v1/other`)).status).toBe(404);
    const wrongMethod = await fetch(`${url}/v1/echo`);
    expect([wrongMethod.status, wrongMethod.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await fetch(`${url}/v1/echo`, tooLarge)).status).toBe(413);
    const chunked = new ReadableStream({
      start(controller) {
        for (let sent = 0; sent < 3; sent += 1) controller.enqueue(Buffer.alloc(1_000_000));
        controller.close();
      },
    });
    const unannounced = await fetch(`${url}/v1/echo`, { method: 'POST', body: chunked, duplex: 'half' });
    expect(unannounced.status).toBe(413);
  });

  test('answers without a body', async () => {
    const listener = ownListener();
    listener.attach([{ method: 'POST', path: '/v1/nothing', handle: async () => ({ status: 204 }) }]);
    const response = await fetch(`${await mount(listener)}/v1/nothing`, { method: 'POST' });
    expect([response.status, response.headers.get('content-length')]).toEqual([204, null]);
  });

  test('takes nothing once it is closed', async () => {
    const listener = ownListener();
    const url = await mount(listener);
    await listener.close();
    const outcome = await fetch(`${url}/v1/echo`, { method: 'POST' }).then(
      ({ status }) => status,
      () => 'refused',
    );
    expect(outcome).toBe(name === 'a server of its own' ? 'refused' : 503);
  });
});

test('a body parser that was faster is told of', async () => {
  const app = express();
  app.use(express.json());
  app.use(ownListener().handler);
  const url = await serverOf(app);
  const response = await fetch(`${url}/v1/echo`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(response.status).toBe(500);
  expect(await response.text()).toContain('mount the listener before any body parser');
});

function ownListener(): Listener {
  const listener = createListener({ port: 0, maxBody: 2_000_000 });
  listener.attach([echo]);
  onTestFinished(() => listener.close());
  return listener;
}

async function serverOf(handle: RequestListener): Promise<string> {
  const server = createServer(handle).listen(0, '127.0.0.1');
  onTestFinished(() => closed(server));
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function closed(server: Server): Promise<void> {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
}
