import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { generate } from 'selfsigned';
import { expect, onTestFinished, test } from 'vitest';
import { createListener, websocketPublisher, websocketPubsub } from '../../src/index.ts';
import { eventually } from './support/eventually.ts';
import { startBroadcaster } from './support/broadcaster.ts';

/** As nobody else has it. */
async function certificate() {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'tests' }], {
    keySize: 2_048,
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
    ],
  });
  return { cert, key };
}

/** A broadcaster behind TLS that lets in who has a certificate. */
async function startSecured() {
  const [own, client] = await Promise.all([certificate(), certificate()]);
  const broadcaster = await startBroadcaster();
  onTestFinished(() => broadcaster.close());
  const listener = createListener();
  listener.attachUpgrade('/v1/websocket', broadcaster.endpoint.upgrade);
  const server = createServer({ ...own, ca: client.cert, requestCert: true, rejectUnauthorized: true });
  server.on('upgrade', listener.upgrade);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `wss://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { broadcaster, broadcasters: [{ url }], tls: { ca: own.cert, ...client } };
}

test('a source and a publisher get through with an authority and a certificate of their own', async () => {
  const { broadcasters, tls } = await startSecured();
  const source = websocketPubsub({ broadcasters, tls, exact: ['orders'] });
  const consumer = createConsumer({
    name: 'tests',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  const handled: unknown[] = [];
  consumer.on('orders', async ({ data }) => void handled.push(data));
  onTestFinished(() => consumer.stop());
  await consumer.start();
  const publisher = websocketPublisher({ broadcasters, tls });
  onTestFinished(() => publisher.close());
  expect(await publisher.notify('orders', { json: 7 })).toEqual({ notified: 1 });
  await eventually(() => expect(handled).toEqual([7]));
});

test.each([
  ['the authority', 'ca'],
  ['the certificate', 'cert'],
])('without %s they do not', async (_, part) => {
  const { broadcasters, tls, broadcaster } = await startSecured();
  const { key, ...rest } = tls;
  const left = part === 'cert' ? { ca: rest.ca } : { cert: rest.cert, key };
  const publisher = websocketPublisher({
    broadcasters,
    tls: left,
    reconnect: { attempts: 1 },
    retries: 0,
    connectionTimeout: 500,
  });
  onTestFinished(() => publisher.close());
  await expect(publisher.notify('orders', 'hello')).rejects.toMatchObject({ code: 'PUBSUB_UNREACHABLE' });
  expect(broadcaster.published).toEqual([]);
});
