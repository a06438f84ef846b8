import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { SourceSettings } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '@millrace/testing';
import { createBroadcaster, memoryBroadcasterStore } from '../../src/broadcaster.ts';
import type { Listener } from '../../src/index.ts';
import {
  authBySecrets,
  createListener,
  createSecret,
  httpPublisher,
  httpPubsub,
  outgoing,
} from '../../src/index.ts';
import { createBroadcasters } from '../../src/calls/broadcasters.ts';
import { subscriptionCalls } from '../../src/calls/subscription-calls.ts';
import { reconcile } from '../../src/subscriber/reconcile.ts';
import { optionChecks } from '../../src/option-checks.ts';
import { subscriberAddress } from '../../src/subscriber/urls.ts';
import { createPublishing, typeUnder } from './publishing.ts';

const maxPayload = 1_000_000;
/** Longer than the suite waits for anything: an answer that is late is no part of it. */
const patience = 100_000;

/** A broadcaster that tells once. Each source has a URL of its own, so each gets everything. */
export function bestEffortSubject(): AdapterSubject {
  return subjectOf('http-pubsub, http subscriber, best effort', false);
}

/** A broadcaster of ours that tells again. The sources of a destination stand behind one URL, as behind a load balancer. */
export function redeliveringSubject(): AdapterSubject {
  return subjectOf('http-pubsub, http subscriber, redelivering', true);
}

function subjectOf(name: string, redelivers: boolean): AdapterSubject {
  const { capabilities } = httpPubsub({
    publicUrl: 'http://localhost:3002',
    listener: createListener(),
    broadcasters: [{ url: 'http://localhost:3003' }],
    exact: ['sample'],
    redelivers,
  });
  return { name, capabilities, setup: () => openHarness(redelivers) };
}

async function openHarness(redelivers: boolean): Promise<AdapterHarness> {
  const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
  const client = outgoing();
  const broadcaster = createBroadcaster({
    store: memoryBroadcasterStore(),
    auth: authBySecrets(secrets),
    outgoing: client,
    redelivery: redelivers && { tries: 1_000, delay: 20, factor: 1 },
    deadLetters: redelivers ? 'keep' : 'drop',
    timeouts: { subscriber: patience, fanOut: 50, drain: 1 },
    limits: { message: Math.ceil(maxPayload * 1.1), perHost: 256 },
  });
  broadcaster.start();
  const listener = createListener({ port: 0 });
  let downUntil = 0;
  listener.attach(
    broadcaster.routes.map((route) => ({
      ...route,
      handle: async (request) => (Date.now() < downUntil ? { status: 503 } : await route.handle(request)),
    })),
  );
  const url = `http://127.0.0.1:${(await listener.listen())?.port}`;
  const publisher = httpPublisher({
    broadcasters: [{ url }],
    auth: authBySecrets(secrets),
    calls: { retries: 10, delay: 200, maxDelay: 200 },
  });
  const balancer = await startBalancer();
  const publishing = createPublishing(publisher);

  /** A subscription that is there already, as that of somebody who is away for a while. */
  async function subscribe(topic: string): Promise<void> {
    const address = subscriberAddress(optionChecks('The test'), `${balancer.url}/${topic}`, undefined);
    await reconcile({
      broadcasters: createBroadcasters({
        broadcasters: [{ base: url, priority: 0 }],
        outgoing: client,
        retry: { retries: 0, delay: 1, maxDelay: 1 },
        clock: systemClock,
        random: Math.random,
      }),
      calls: subscriptionCalls(address, authBySecrets(secrets)),
      url: address.receive,
      subscriptions: { exact: [], globs: [{ glob: `${topic}/*`, recovery: address.recovery }] },
      signal: new AbortController().signal,
    });
  }

  async function open(): Promise<AdapterDestination & { readonly topic: string }> {
    const topic = `q${randomUUID()}`;
    if (redelivers) await subscribe(topic);
    return {
      topic,
      source: (settings = {}) => {
        const place = redelivers ? topic : `s${randomUUID()}`;
        return httpPubsub({
          publicUrl: `${balancer.url}/${place}`,
          listener: balancer.member(place),
          broadcasters: [{ url }],
          auth: authBySecrets(secrets),
          globs: [`${topic}/*`],
          eventType: typeUnder(topic),
          redelivers,
          handlerTimeout: patience,
          maxWaiting: 1_000,
          reconcileInterval: 300,
          calls: { retries: 0 },
          ...ownSettings(settings),
        });
      },
      publish: publishing.under(topic),
      async remaining() {
        const { stored, now } = await broadcaster.metrics();
        return (stored?.deliveries ?? 0) + now.publishing;
      },
    };
  }

  const { topic, ...here } = await open();
  return {
    ...here,
    other: open,
    missing: () =>
      httpPubsub({
        publicUrl: `${balancer.url}/missing`,
        listener: balancer.member('missing'),
        broadcasters: [{ url: 'http://127.0.0.1:9' }],
        exact: ['missing'],
        calls: { retries: 0 },
        redelivers,
      }),
    async publishGarbage(raw) {
      await publisher.notify(`${topic}/Conformance.checked`, raw);
      return true;
    },
    maxPayload,
    secrets: Object.values(secrets).map(({ secret }) => secret),
    faults: {
      duplicate: publishing.duplicate,
      // What there is of a connection is the broadcaster that answers, or not for a while.
      drop: () => (downUntil = Date.now() + 1_000),
    },
    async close() {
      await publisher.close();
      await broadcaster.stop();
      await listener.close();
      await balancer.close();
      await client.close();
    },
  };
}

/** A topic has no positions to start at. */
function ownSettings({
  start: _start,
  onInvalidPosition: _policy,
  ...settings
}: SourceSettings): SourceSettings {
  return settings;
}

interface Balancer {
  readonly url: string;
  /** One more listener behind a path. */
  member(place: string): Listener;
  close(): Promise<void>;
}

/** Passes each request to one of those behind its path, in turn; 503 where there is none. */
async function startBalancer(): Promise<Balancer> {
  const places = new Map<string, Listener[]>();
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    const place = message.url?.split('/')[1] ?? '';
    const members = places.get(place) ?? [];
    const [first] = members.splice(0, 1);
    if (first) members.push(first);
    if (members.toReversed().some((member) => member.handler(message, response))) return;
    response.writeHead(503).end();
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    member(place) {
      const member = createListener();
      places.set(place, [...(places.get(place) ?? []), member]);
      return member;
    },
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
