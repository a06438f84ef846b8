import type { AddressInfo } from 'node:net';
import { createServer } from 'node:http';
import type { Message } from '@millrace/core';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import type { Listener } from '@millrace/http-pubsub';
import { createListener, httpPublisher, httpPubsub } from '@millrace/http-pubsub';
import { serve } from '@hono/node-server';
import express from 'express';
import fastify from 'fastify';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { neighbourhood } from './support/neighbourhood.ts';

/** Servers that are there for other things, and take in events besides. Answer their port. */
const servers: Readonly<Record<string, (listener: Listener) => Promise<number>>> = {
  async 'node:http'({ handler }) {
    const server = createServer((request, response) => {
      if (!handler(request, response)) response.writeHead(404).end();
    });
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
  async Express({ handler }) {
    const app = express();
    app.use(handler);
    app.use(express.json());
    const server = createServer(app);
    onTestFinished(() => void server.close());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  },
  async Fastify({ handler }) {
    const app = fastify({ forceCloseConnections: true });
    app.addHook('onRequest', async (request, reply) => {
      if (handler(request.raw, reply.raw)) reply.hijack();
    });
    onTestFinished(() => app.close());
    return Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port);
  },
  async Hono({ fetch }) {
    const app = new Hono();
    app.post('/events/*', ({ req }) => fetch(req.raw));
    return await new Promise<number>((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => resolve(port));
      onTestFinished(() => void server.close());
    });
  },
};

test.each(Object.entries(servers))('have %s take in the events', async (_name, start) => {
  const { url: _url, listener: _listener, ...broadcaster } = await neighbourhood();
  const listener = createListener();
  const port = await start(listener);
  const source = httpPubsub({
    ...broadcaster,
    listener,
    publicUrl: `http://127.0.0.1:${port}/events`,
    exact: ['foo/bar'],
    decode: 'text',
  });
  const consumer = createConsumer({
    name: 'reader',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  const publisher = httpPublisher(broadcaster);
  const heard: unknown[] = [];
  consumer.on('foo/bar', async ({ data }: Message) => void heard.push(data));
  onTestFinished(async () => {
    await consumer.stop();
    await Promise.all([publisher.close(), listener.close()]);
  });
  await consumer.start();

  await publisher.notify('foo/bar', 'Hello, world!');

  expect(heard).toEqual(['Hello, world!']);
});
