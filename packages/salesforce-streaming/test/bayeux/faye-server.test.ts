import { createRequire } from 'node:module';
import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import type { MetaRequest } from '../../src/bayeux.ts';
import { clientOf, failureOf } from './support/client.ts';
import { hostOnLoopback } from './support/http-host.ts';

interface FayeMessage {
  readonly channel: string;
  readonly ext?: { readonly [name: string]: unknown };
  error?: string;
}

/** faye comes without types; this is what the tests use. */
interface FayeServer {
  readonly handle: RequestListener;
  addExtension(extension: {
    incoming(message: FayeMessage, request: unknown, next: (message: FayeMessage) => void): void;
  }): void;
  getClient(): { publish(channel: string, data: unknown): PromiseLike<unknown> };
  close(): void;
}

const { NodeAdapter } = createRequire(import.meta.url)('faye') as {
  readonly NodeAdapter: new (options: { mount: string; timeout: number }) => FayeServer;
};

/** faye's server; `seen` are the messages from outside. */
async function faye(options: { readonly timeout?: number; readonly refuse?: string } = {}) {
  const server = new NodeAdapter({ mount: '/cometd', timeout: options.timeout ?? 20 });
  const seen: (FayeMessage | MetaRequest)[] = [];
  server.addExtension({
    incoming(message, request, next) {
      if (request !== null) seen.push({ ...message });
      if (message.channel === options.refuse) message.error = '403:denied_by_security_policy:create_denied';
      next(message);
    },
  });
  const url = await hostOnLoopback(
    (request, response) => server.handle(request, response),
    () => server.close(),
  );
  return { server, url, seen };
}

test('handshake, subscribe, poll, deliver, unsubscribe, disconnect', async () => {
  const { server, url, seen } = await faye();
  const client = clientOf(url);
  await client.handshake({ ext: { replay: true } });
  await client.subscribe('/event/X__e', { ext: { replay: { '/event/X__e': -1 } } });
  await client.connect({ advice: { timeout: 0 } });
  const poll = client.connect();
  await server.getClient().publish('/event/X__e', { text: 'café ☕' });
  await poll;
  expect(client.events.map(({ channel, data }) => [channel, data])).toEqual([
    ['/event/X__e', { text: 'café ☕' }],
  ]);
  await client.unsubscribe('/event/X__e');
  await client.disconnect();
  expect(
    seen.map(({ channel, ...message }) => [channel, 'ext' in message ? message.ext : undefined]),
  ).toEqual([
    ['/meta/handshake', { replay: true }],
    ['/meta/subscribe', { replay: { '/event/X__e': -1 } }],
    ['/meta/connect', undefined],
    ['/meta/connect', undefined],
    ['/meta/unsubscribe', undefined],
    ['/meta/disconnect', undefined],
  ]);
});

test('an idle poll is held for the advised timeout', async () => {
  const { url } = await faye({ timeout: 0.7 });
  const client = clientOf(url);
  await client.handshake();
  await client.connect({ advice: { timeout: 0 } });
  const before = performance.now();
  await client.connect();
  expect(performance.now() - before).toBeGreaterThan(690);
  expect(client.advice).toEqual({ reconnect: 'retry', interval: 0, timeout: 700 });
});

test('a filtered PushTopic channel is taken to the server as it is', async () => {
  const { url, seen } = await faye();
  const client = clientOf(url);
  await client.handshake();
  // faye itself does not know such channels; what counts is that the client does.
  expect(await failureOf(client.subscribe('/topic/Open?Status=New'))).toMatchObject({
    kind: 'meta',
    reason: { code: 405, args: ['/topic/Open?Status=New'] },
  });
  expect(seen.at(-1)).toMatchObject({ subscription: '/topic/Open?Status=New' });
});

test('an unknown client, in words of its own', async () => {
  const { url } = await faye();
  const { url: elsewhere } = await faye();
  let endpoint = url;
  const moved = clientOf('', { endpoint: () => endpoint });
  await moved.handshake();
  endpoint = elsewhere;
  expect(await failureOf(moved.connect())).toMatchObject({
    kind: 'meta',
    error: { code: 401, args: [moved.clientId], text: 'Unknown client' },
    advice: { reconnect: 'handshake' },
  });
});

test.each(['/meta/handshake', '/meta/subscribe', '/meta/connect'])(
  '%s refused by an extension',
  async (refuse) => {
    const { url } = await faye({ refuse });
    const client = clientOf(url);
    const steps = async () => {
      await client.handshake();
      await client.subscribe('/a');
      await client.connect({ advice: { timeout: 0 } });
    };
    expect(await failureOf(steps())).toMatchObject({
      kind: 'meta',
      channel: refuse,
      reason: { code: 403, args: ['denied_by_security_policy'], text: 'create_denied' },
    });
  },
);
