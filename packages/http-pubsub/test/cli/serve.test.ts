import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isMillraceError } from '@millrace/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/cli/config.ts';
import { runBroadcaster } from '../../src/cli/run-broadcaster.ts';
import { httpPublisher } from '../../src/publisher/http-publisher.ts';
import { websocketPublisher } from '../../src/websocket/publisher.ts';
import { authBySecrets } from '../../src/wire/auth/auth.ts';
import { createSecret, formatSecrets, parseSecrets } from '../../src/wire/auth/secrets-file.ts';
import type { Auth } from '../../src/wire/auth/scheme.ts';
import { encodeSubscribe } from '../../src/wire/stateless/requests.ts';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { serve as httpServer } from '../outgoing/servers.ts';
import { exitOf, newFolder, run, serve, start, writeConfig } from './command.ts';

const loopback = { networks: ['127.0.0.0/8'] };
const nothing = new Uint8Array();

/** Subscribes as any peer does, and answers the status. */
async function subscribe(url: string, receiver: string, topic: string, auth?: Auth): Promise<number> {
  const client = outgoing();
  onTestFinished(() => client.close());
  const request = { url: receiver, topic: Buffer.from(topic), recovery: undefined };
  const authorization = await auth?.toBroadcaster.sign({ kind: 'subscribe-exact', ...request }, nothing);
  const { status } = await client.post(`${url}/v1/subscribe/exact`, {
    headers: { ...(authorization !== undefined && { authorization }) },
    body: encodeSubscribe({
      url: receiver,
      wanted: { topic: request.topic },
      recovery: undefined,
      tracing: nothing,
    }),
  });
  return status;
}

function publisherTo(url: string, auth?: Auth) {
  const publisher = httpPublisher({ broadcasters: [{ url }], calls: { retries: 0 }, ...(auth && { auth }) });
  onTestFinished(() => publisher.close());
  return publisher;
}

test('runs a broadcaster with secrets until SIGTERM, and again with what it knew', async () => {
  const folder = await newFolder();
  await run(['init-secrets', folder]);
  const auth = authBySecrets(parseSecrets(await readFile(join(folder, 'subscriber-secrets.json'), 'utf8')));
  const config = {
    secrets: { file: 'broadcaster-secrets.json' },
    store: { kind: 'sqlite', path: 'broadcaster.db' },
    guard: loopback,
    redelivery: false,
  };
  const subscriber = await httpServer((_, response) => response.writeHead(503).end());

  const first = await serve(config, { folder });
  expect(await subscribe(first.url, subscriber.url, 'orders', auth)).toBe(200);
  expect(await subscribe(first.url, subscriber.url, 'orders'), 'without a signature').toBe(401);
  first.child.kill('SIGTERM');
  expect(await exitOf(first.child)).toEqual({ code: 0, signal: null });

  const second = await serve(config, { folder });
  expect(await subscribe(second.url, subscriber.url, 'orders', auth), 'it is there').toBe(409);
  expect(await publisherTo(second.url, auth).notify('orders', 'hello')).toMatchObject({ notified: 0 });
  expect(subscriber.seen).toMatchObject([{ url: '/v1/receive' }]);
  second.child.kill('SIGINT');
  expect(await exitOf(second.child)).toEqual({ code: 0, signal: null });
});

describe('health and metrics', () => {
  const get = async (url: string) => {
    const response = await fetch(url);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    };
  };

  test('are on the same port', async () => {
    const subscriber = await httpServer((_, response) => response.writeHead(500).end());
    const { url, adminUrl } = await serve({ secrets: 'none', guard: loopback });
    expect(adminUrl).toBe(url);
    await subscribe(url, subscriber.url, 'orders');
    await publisherTo(url).notify('orders', 'hello');
    expect(await get(`${url}/health`)).toEqual({
      status: 200,
      type: 'application/json',
      body: '{"status":"ok","store":true}\n',
    });
    const { status, type, body } = await get(`${url}/metrics`);
    expect({ status, type }).toEqual({ status: 200, type: 'text/plain; version=0.0.4; charset=utf-8' });
    for (const line of [
      '# TYPE millrace_pubsub_published_total counter',
      'millrace_pubsub_published_total 1',
      'millrace_pubsub_failed_total 1',
      '# TYPE millrace_pubsub_stored_deliveries gauge',
      'millrace_pubsub_subscriptions{kind="exact"} 1',
      'millrace_pubsub_store_up 1',
    ]) {
      expect(body.split('\n')).toContain(line);
    }
    const lines = body.trimEnd().split('\n');
    for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="\w+"\})? \d+)$/);
    expect(body).not.toContain('orders');
    expect(body).not.toContain('127.0.0.1');
  });

  test('are on a port of their own, and only there', async () => {
    const { url, adminUrl = '' } = await serve({ secrets: 'none', admin: { port: 0 } });
    expect(adminUrl).not.toBe(url);
    expect((await get(`${adminUrl}/health`)).status).toBe(200);
    expect((await get(`${url}/health`)).status).toBe(404);
    expect((await fetch(`${adminUrl}/v1/notify`, { method: 'POST' })).status).toBe(404);
  });

  test('are nowhere', async () => {
    const { url, adminUrl } = await serve({ secrets: 'none', admin: false });
    expect(adminUrl).toBeUndefined();
    expect((await get(`${url}/metrics`)).status).toBe(404);
  });
});

test('the guard lets nobody call the loopback, unless it is told to', async () => {
  const subscriber = await httpServer();
  const { url } = await serve({ secrets: 'none', redelivery: false });
  await subscribe(url, subscriber.url, 'orders');
  await publisherTo(url).notify('orders', 'hello');
  expect(subscriber.connections()).toBe(0);
});

test('new secrets can be taken into use while peers still have the old ones', async () => {
  const folder = await newFolder();
  const [old, next] = [1, 2].map(() => ({
    'to-broadcaster': createSecret('hmac'),
    'to-subscriber': createSecret('hmac'),
  }));
  if (!old || !next) throw new Error('unreachable');
  await writeFile(join(folder, 'old.json'), formatSecrets(old));
  const { url } = await serve(
    { secrets: [{ env: 'NEXT_SECRETS' }, { file: 'old.json' }] },
    { folder, env: { NEXT_SECRETS: formatSecrets(next) } },
  );
  for (const secrets of [old, next]) {
    expect(
      await subscribe(url, 'https://subscriber.example/', `of ${secrets === old}`, authBySecrets(secrets)),
    ).toBe(200);
  }
  const strange = { 'to-broadcaster': createSecret('hmac') };
  expect(await subscribe(url, 'https://subscriber.example/', 'strange', authBySecrets(strange))).toBe(403);
});

test('clients have keys of their own, and may do with them what the configuration says, over either transport', async () => {
  const folder = await newFolder();
  const [shop, stock, stranger] = [1, 2, 3].map(() => ({
    'to-broadcaster': createSecret('hmac'),
    'to-subscriber': createSecret('hmac'),
  }));
  if (!shop || !stock || !stranger) throw new Error('unreachable');
  await writeFile(join(folder, 'shop.json'), formatSecrets(shop));
  const { url } = await serve(
    {
      secrets: 'none',
      clients: [
        {
          name: 'shop',
          secrets: { file: 'shop.json' },
          publish: ['orders/**'],
          subscribe: ['news'],
          urls: ['https://shop.example/'],
        },
        { name: 'stock', secrets: [{ env: 'STOCK' }], publish: [] },
      ],
    },
    { folder, env: { STOCK: formatSecrets(stock) } },
  );
  const hook = 'https://shop.example/hook';
  expect(await subscribe(url, hook, 'news', authBySecrets(shop))).toBe(200);
  expect(await subscribe(url, hook, 'salaries', authBySecrets(shop))).toBe(403);
  expect(await subscribe(url, 'https://stock.example/hook', 'news', authBySecrets(shop))).toBe(403);
  expect(await subscribe(url, 'https://stock.example/hook', 'salaries', authBySecrets(stock))).toBe(200);
  expect(await subscribe(url, hook, 'news', authBySecrets(stranger))).toBe(403);
  expect(await subscribe(url, hook, 'news')).toBe(401);
  const published = publisherTo(url, authBySecrets(shop)).notify('orders/eu', 'x');
  expect(await published).toMatchObject({ notified: 0 });
  const refused = publisherTo(url, authBySecrets(stock)).notify('orders/eu', 'x');
  await expect(refused).rejects.toMatchObject({ code: 'PUBSUB_REFUSED' });
  const socket = (secrets: typeof shop) => {
    const publisher = websocketPublisher({
      broadcasters: [{ url: url.replace('http:', 'ws:') }],
      auth: authBySecrets(secrets),
      reconnect: { attempts: 1 },
      retries: 0,
    });
    onTestFinished(() => publisher.close());
    return publisher.notify('orders/eu', 'x');
  };
  expect(await socket(shop)).toMatchObject({ notified: 0 });
  await expect(socket(stranger)).rejects.toThrow('There is no broadcaster');
});

test('what is being published when it is told to stop gets its answer', async () => {
  const arrived = Promise.withResolvers<() => void>();
  const subscriber = await httpServer((_, response) => arrived.resolve(() => response.writeHead(500).end()));
  const { url, child } = await serve({ secrets: 'none', guard: loopback, redelivery: false });
  await subscribe(url, subscriber.url, 'orders');
  const published = publisherTo(url).notify('orders', 'hello');
  const answer = await arrived.promise;
  child.kill('SIGTERM');
  await expect.poll(() => fetch(`${url}/health`).then(({ status }) => status)).toBe(503);
  answer();
  expect(await published).toMatchObject({ notified: 0 });
  expect(await exitOf(child)).toEqual({ code: 0, signal: null });
});

test('a second signal ends it at once', async () => {
  const arrived = Promise.withResolvers<void>();
  const subscriber = await httpServer(() => arrived.resolve());
  const { url, child } = await serve({ secrets: 'none', guard: loopback });
  await subscribe(url, subscriber.url, 'orders');
  publisherTo(url)
    .notify('orders', 'hello')
    .catch(() => {});
  await arrived.promise;
  child.kill('SIGTERM');
  await expect.poll(() => fetch(`${url}/health`).then(({ status }) => status)).toBe(503);
  child.kill('SIGTERM');
  expect(await exitOf(child)).toEqual({ code: 130, signal: null });
});

describe('a configuration that makes no sense is refused, by name', () => {
  const secret = { version: '2', 'to-broadcaster': { type: 'hmac', secret: 'too-short-to-be-one' } };

  test.each<[object, string]>([
    [{ secrets: undefined }, 'PUBSUB_OPTIONS: "secrets" has to be there'],
    [{ secrets: {} }, 'PUBSUB_OPTIONS: "secrets" has to be with either "file" or "env"'],
    [{ secrets: { file: 'missing.json' } }, "missing.json of the secrets can't be read"],
    [
      { secrets: { env: 'UNSET_VARIABLE' } },
      'The environment variable UNSET_VARIABLE of "secrets.env" is not set',
    ],
    [{ secrets: { env: 'BAD_SECRETS' } }, 'PUBSUB_SECRETS: A secret for HMAC has to be 64 bytes'],
    [{ lisen: {} }, 'PUBSUB_OPTIONS: "lisen" is no setting. There are: listen, admin,'],
    [{ listen: { port: 70_000 } }, '"listen.port" has to be a whole number from 0 to 65535'],
    [{ listen: { port: '80' } }, '"listen.port" has to be'],
    [{ listen: { limits: { maxConnections: -1 } } }, 'maxConnections'],
    [{ limits: { perhost: 1 } }, '"limits.perhost" is no setting. There are: message,'],
    [{ limits: { perHost: 0 } }, 'limits.perHost'],
    [{ redelivery: true }, '"redelivery" has to be one of false'],
    [{ deadLetters: 'burn' }, '"deadLetters" has to be one of "keep", "until-told", "drop"'],
    [{ store: { kind: 'sqlite' } }, '"store.path" has to be the path of a file'],
    [{ store: { kind: 'memory', path: 'x' } }, '"store.path" has to be left out'],
    [{ store: { kind: 'redis', url: 'http://:hunter2@h' } }, '"store.url" has to be like redis://host:6379'],
    [{ store: { kind: 'redis' } }, '"store.url" has to be there, or "store.urlEnv"'],
    [{ store: { kind: 'sqlite', path: 'missing/broadcaster.db' } }, 'STORE_UNAVAILABLE: '],
    [{ guard: { networks: ['10.0.0.0'] } }, '"10.0.0.0" in "networks" is none'],
    [{ guard: { ports: [[1]] } }, '"guard.ports[0]" has to be a port, or two'],
    [{ guard: { hosts: ['a.example', 7] } }, '"guard.hosts[1]" has to be a text'],
    [{ outgoing: { total: 0 } }, 'A limit of calls: "total"'],
    [{ self: {} }, '"self.url" has to be the URL'],
    [{ clients: [{ secrets: { env: 'SHOP' } }] }, '"clients[0].name" has to be there'],
    [{ clients: [{ name: 'shop' }] }, '"clients[0].secrets" has to be there: {"file": …}'],
    [{ clients: [{ name: 'a', secrets: { env: 'UNSET' } }] }, 'UNSET of "clients[0].secrets.env" is not set'],
    [
      { clients: [{ name: 'a', secrets: { env: 'NO_SECRETS' } }] },
      '"clients[0].secrets" has to be with a secret for "to-broadcaster"',
    ],
    [
      { clients: [{ name: 'a', key: 'hunter2' }] },
      '"clients[0].key" is no setting. There are: name, secrets',
    ],
    [{ ownership: 'ask' }, '"ownership" has to be one of "probe"'],
    [{ ownership: {} }, '"ownership.origin" has to be the name of this broadcaster'],
    [{ ownership: { origin: 'a b' } }, '"ownership.origin" must be the name'],
    [{ ownership: { origin: 'a.example', rate: 0 } }, '"ownership.rate" must be a whole number'],
  ])('%j', async (config, message) => {
    const folder = await newFolder();
    const path = await writeConfig(folder, { listen: { port: 0 }, secrets: 'none', ...config });
    const started = loadConfig(path).then((loaded) =>
      runBroadcaster(loaded, {
        BAD_SECRETS: JSON.stringify(secret),
        NO_SECRETS: formatSecrets({ 'to-subscriber': createSecret('hmac') }),
      }),
    );
    const error: unknown = await started.catch((reason: unknown) => reason);
    const err = isMillraceError(error) ? `${error.code}: ${error.message}` : 'none';
    expect(err).toContain(message);
    expect(err).not.toContain('hunter2');
    expect(err).not.toContain(secret['to-broadcaster'].secret);
  });

  test('that is no JSON, without showing it', async () => {
    const folder = await newFolder();
    const path = join(folder, 'broken.json');
    await writeFile(path, '{"secrets": hunter2');
    const { code, err } = await run(['serve', '--config', path]);
    expect(code).toBe(1);
    expect(err).toContain(`PUBSUB_OPTIONS: ${path} is no JSON`);
    expect(err).not.toContain('hunter2');
  });

  test('a port that is taken', async () => {
    const { port } = await httpServer();
    const path = await writeConfig(await newFolder(), { listen: { port }, secrets: 'none' });
    const { code, out, err } = await run(['serve', '--config', path]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^millrace-pubsub: PUBSUB_LISTENER: .+\n$/);
  });
});

test('says in words where it is', async () => {
  const path = await writeConfig(await newFolder(), { listen: { port: 0 }, secrets: 'none', log: 'none' });
  const child = start(['serve', '--config', path]);
  let said = '';
  child.stdout.on('data', (piece: Buffer) => (said += piece.toString()));
  while (!said.includes('/metrics\n')) await once(child.stdout, 'data');
  expect(said).toMatch(
    /^The broadcaster is at http:\/\/127\.0\.0\.1:\d+\nHealth and metrics are at http:\/\/127\.0\.0\.1:\d+\/health and http:.*\/metrics\n$/,
  );
});
