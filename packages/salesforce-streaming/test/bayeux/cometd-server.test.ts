import type { CometDServer, Options } from 'cometd-nodejs-server';
import { createCometDServer } from 'cometd-nodejs-server';
import { expect, test } from 'vitest';
import { clientOf, errorOf, failureOf } from './support/client.ts';
import type { TestClient } from './support/client.ts';
import { hostOnLoopback } from './support/http-host.ts';

/** The CometD project's own server for Node, with a log of events that a subscriber may ask for by replay id. */
async function cometd(options: Options = {}) {
  const server = createCometDServer({ timeout: 10_000, maxInterval: 10_000, ...options });
  const log = Array.from({ length: 3 }, (_, index) => ({ event: { replayId: 101 + index } }));
  server.addExtension({
    incoming(_server, session, message, callback) {
      const replay = (message.ext as { replay?: Record<string, number> } | undefined)?.replay;
      const after = replay?.[String(message.subscription)];
      if (message.channel === '/meta/subscribe' && after !== undefined) {
        for (const data of log.filter(({ event }) => event.replayId > after)) {
          session.deliver(null, String(message.subscription), data);
        }
      }
      callback(undefined, true);
    },
  });
  const seenCookies: (string | undefined)[] = [];
  const url = await hostOnLoopback(
    (request, response) => {
      seenCookies.push(request.headers.cookie);
      server.handle(request, response);
    },
    () => server.close(),
  );
  return { server, url, seenCookies, log };
}

test('handshake, subscribe with replay, poll, publish, unsubscribe, disconnect', async () => {
  const { server, url, seenCookies } = await cometd();
  const client = clientOf(url);
  const handshake = await client.handshake({ ext: { replay: true } });
  expect(handshake).toMatchObject({ successful: true, version: '1.0' });
  expect(client.clientId).toBe(handshake.clientId);
  await client.subscribe('/event/X__e', { ext: { replay: { '/event/X__e': 101 } } });
  await client.connect({ advice: { timeout: 0 } });
  const ids = () => client.events.map(({ data }) => data);
  expect(ids()).toEqual([{ event: { replayId: 102 } }, { event: { replayId: 103 } }]);

  const poll = client.connect();
  server.getServerChannel('/event/X__e').publish(null, 'live ☕');
  await poll;
  expect(client.events.at(-1)).toMatchObject({ channel: '/event/X__e', data: 'live ☕' });

  await client.unsubscribe('/event/X__e');
  expect(server.getServerChannel('/event/X__e').subscribers).toEqual([]);
  await client.disconnect();
  expect(server.getServerSession(handshake.clientId ?? '')).toBeFalsy();
  expect(seenCookies[0]).toBeUndefined();
  for (const cookie of seenCookies.slice(1)) expect(cookie).toMatch(/^BAYEUX_BROWSER=\w+$/);
});

test('an idle poll is held for the advised timeout and then poll again', async () => {
  const { url } = await cometd({ timeout: 700 });
  const client = clientOf(url);
  await client.handshake();
  await client.connect({ advice: { timeout: 0 } });
  expect(client.advice).toMatchObject({ reconnect: 'retry', timeout: 700 });
  const before = performance.now();
  await client.connect();
  // Node's timers may fire a little early.
  expect(performance.now() - before).toBeGreaterThan(690);
  await client.connect();
});

test('a client that stays away loses its session, and gets a new one by a handshake', async () => {
  const { server, url } = await cometd({ maxInterval: 100, sweepPeriod: 10 });
  const client = clientOf(url);
  await client.handshake();
  await client.connect({ advice: { timeout: 0 } });
  const lost = client.clientId ?? '';
  await expect.poll(() => server.getServerSession(lost)).toBeFalsy();
  expect(await failureOf(client.connect())).toMatchObject({
    kind: 'meta',
    channel: '/meta/connect',
    reason: { code: 402, text: 'session_unknown' },
    advice: { reconnect: 'handshake' },
  });
  await client.handshake();
  expect(client.clientId).not.toBe(lost);
  await client.connect({ advice: { timeout: 0 } });
});

test('without the BAYEUX_BROWSER cookie there is no session', async () => {
  const { url } = await cometd();
  const client = clientOf(url, {
    fetch(target, init) {
      const headers = new Headers(init?.headers);
      headers.delete('cookie');
      return fetch(target, { ...init, headers });
    },
  });
  await client.handshake();
  expect(await failureOf(client.connect({ advice: { timeout: 0 } }))).toMatchObject({
    kind: 'meta',
    reason: { code: 402 },
  });
});

test('a kick ends the hanging poll', async () => {
  const { server, url } = await cometd();
  const client = clientOf(url);
  await client.handshake();
  await client.connect({ advice: { timeout: 0 } });
  const held = whenHeld(server, client);
  const poll = failureOf(client.connect());
  await held;
  server.getServerSession(client.clientId ?? '').disconnect();
  expect(await poll).toMatchObject({ kind: 'disconnected' });
  expect(await failureOf(client.connect())).toMatchObject({ kind: 'meta', reason: { code: 402 } });
});

test('a refused handshake and a refused subscription', async () => {
  const { server, url } = await cometd();
  server.policy = {
    canHandshake(_session, message, callback) {
      const { token } = (message.ext ?? {}) as { token?: string };
      Object.assign(message.reply ?? {}, { ext: { sfdc: { failureReason: '401::Authentication invalid' } } });
      callback(undefined, token === 'good');
    },
    canSubscribe: (_session, _message, channel, callback) =>
      callback(undefined, channel.name !== '/event/Secret__e'),
  };
  const client = clientOf(url);
  expect(await failureOf(client.handshake())).toMatchObject({
    kind: 'meta',
    channel: '/meta/handshake',
    error: { code: 403 },
    reason: { code: 401, text: 'Authentication invalid' },
  });
  await client.handshake({ ext: { token: 'good' } });
  expect(await failureOf(client.subscribe('/event/Secret__e'))).toMatchObject({
    kind: 'meta',
    subscription: '/event/Secret__e',
    reason: { code: 403, text: 'subscribe_denied' },
  });
  await client.subscribe('/event/Open__e');
});

test('what the server sends into an aborted poll is lost, and comes again by its replay id', async () => {
  const { server, url, log } = await cometd();
  const client = clientOf(url);
  await client.handshake();
  await client.subscribe('/event/X__e', { ext: { replay: { '/event/X__e': 103 } } });
  await client.connect({ advice: { timeout: 0 } });
  const abort = new AbortController();
  const held = whenHeld(server, client);
  const poll = errorOf(client.connect({ signal: abort.signal }));
  await held;
  const reason = new Error('stopped');
  abort.abort(reason);
  expect(await poll).toBe(reason);
  // The server has not noticed yet that nobody listens.
  const data = { event: { replayId: 104 } };
  log.push(data);
  server.getServerChannel('/event/X__e').publish(null, data);
  await client.connect({ advice: { timeout: 0 } });
  expect(client.events).toEqual([]);
  await client.subscribe('/event/X__e', { ext: { replay: { '/event/X__e': 103 } } });
  await client.connect({ advice: { timeout: 0 } });
  expect(client.events.map((event) => event.data)).toEqual([data]);
});

/** Resolves when the server holds a poll of the client. */
function whenHeld(server: CometDServer, client: TestClient): Promise<void> {
  const session = server.getServerSession(client.clientId ?? '');
  return new Promise((resolve) => session.addListener('suspended', () => resolve()));
}
