import { randomUUID } from 'node:crypto';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import { tcpProxy } from '@millrace/testing';
import { createBroadcaster, memoryBroadcasterStore, serveWebsockets } from '../../src/broadcaster.ts';
import {
  authBySecrets,
  createListener,
  createSecret,
  websocketPublisher,
  websocketPubsub,
} from '../../src/index.ts';
import { createPublishing, typeUnder } from './publishing.ts';

const maxPayload = 1_000_000;

/** A broadcaster of ours, and sources that each get everything, over a socket each. */
export function websocketSubject(): AdapterSubject {
  const { capabilities } = websocketPubsub({
    broadcasters: [{ url: 'ws://localhost:3003' }],
    exact: ['sample'],
  });
  return { name: 'http-pubsub, websocket subscriber', capabilities, setup: openHarness };
}

async function openHarness(): Promise<AdapterHarness> {
  const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
  const auth = authBySecrets(secrets);
  const options = {
    store: memoryBroadcasterStore(),
    auth,
    limits: { message: Math.ceil(maxPayload * 1.1) },
  };
  const broadcaster = createBroadcaster(options);
  // The suite wants to see more events inside than the three that a broadcaster leaves open otherwise.
  const sockets = serveWebsockets(broadcaster, options, { limits: { unacknowledged: 100 } });
  const listener = createListener({ port: 0 });
  listener.attachUpgrade('/v1/websocket', sockets.upgrade);
  const port = (await listener.listen())?.port ?? 0;
  const proxy = await tcpProxy({ target: { port } });
  const throughProxy = { broadcasters: [{ url: `ws://127.0.0.1:${proxy.port}` }], auth };
  const publisher = websocketPublisher({
    broadcasters: [{ url: `ws://127.0.0.1:${port}` }],
    auth,
    maxBody: options.limits.message,
  });
  const publishing = createPublishing(publisher);

  async function open(): Promise<AdapterDestination & { readonly topic: string }> {
    const topic = `q${randomUUID()}`;
    return {
      topic,
      source: ({ start: _start, onInvalidPosition: _policy, ...settings } = {}) =>
        websocketPubsub({
          ...throughProxy,
          globs: [`${topic}/*`],
          eventType: typeUnder(topic),
          reconnect: { delay: 50, maxDelay: 200 },
          ...settings,
        }),
      publish: publishing.under(topic),
      remaining: async () => sockets.waiting,
    };
  }

  const { topic, ...here } = await open();
  return {
    ...here,
    other: open,
    missing: () => websocketPubsub({ broadcasters: [{ url: 'ws://127.0.0.1:9' }], exact: ['missing'], auth }),
    async publishGarbage(raw) {
      await publisher.notify(`${topic}/Conformance.checked`, raw);
      return true;
    },
    connections: () => proxy.connections,
    maxPayload,
    secrets: Object.values(secrets).map(({ secret }) => secret),
    faults: {
      duplicate: publishing.duplicate,
      drop: () => proxy.reset(),
    },
    async close() {
      await publisher.close();
      await sockets.close();
      await broadcaster.stop();
      await listener.close();
      await proxy.close();
    },
  };
}
