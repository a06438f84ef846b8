import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { quorumStore, redisStore } from '../src/index.ts';
import { startServers } from './support/test-servers.ts';
import { until } from './support/until.ts';

async function serverWith(...settings: readonly (readonly [string, string])[]) {
  const [server] = await startServers(1);
  if (server === undefined) throw new Error('There is no server.');
  const admin = new Redis(server.url, { retryStrategy: () => null });
  // One that writes its first append-only file takes no signal.
  onTestFinished(async () => {
    await admin.call('SHUTDOWN', 'NOSAVE', 'NOW', 'FORCE').catch(() => undefined);
    admin.disconnect();
  });
  for (const [name, value] of settings) await admin.config('SET', name, value);
  return { server, admin };
}

async function codesOf(url: string): Promise<readonly string[]> {
  const store = redisStore({ client: url });
  onTestFinished(() => store.close());
  const checks = await store.verify();
  // What is wrong is said, with what to do, and keeps nobody from starting.
  const failed = checks.filter(({ ok }) => !ok);
  expect(
    failed.filter(
      ({ problem = '', remedy = '', fatal }) => problem === '' || remedy === '' || fatal !== false,
    ),
  ).toEqual([]);
  return checks.flatMap(({ code }) => code ?? []);
}

describe('verify', needsRedis(), () => {
  test.each([
    ['a server that keeps everything', [['appendonly', 'yes']], []],
    [
      'one that evicts',
      [
        ['appendonly', 'yes'],
        ['maxmemory-policy', 'allkeys-lru'],
      ],
      ['REDIS_EVICTION'],
    ],
    ['one without a file', [], ['REDIS_PERSISTENCE']],
    ['one with snapshots only', [['save', '60 1']], ['REDIS_PERSISTENCE']],
  ] as const)('%s', async (_, settings, codes) => {
    const { server } = await serverWith(...settings);
    expect(await codesOf(server.url)).toEqual(codes);
  });

  test('one whose settings can not be read is judged by what it tells', async () => {
    const { server, admin } = await serverWith(['maxmemory-policy', 'volatile-lru'], ['appendonly', 'yes']);
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>geheim', '~*', '&*', '+@all', '-config');
    const url = server.url.replace('redis://', 'redis://app:geheim@');
    expect(await codesOf(url)).toEqual(['REDIS_EVICTION', 'REDIS_CONFIG_UNREADABLE']);
  });

  test('one that is away, and one with a wrong password', async () => {
    const { server, admin } = await serverWith(['requirepass', 'richtig']);
    const store = redisStore({ client: server.url.replace('redis://', 'redis://:geheim@') });
    onTestFinished(() => store.close());
    const checks = await store.verify();
    expect(checks.map(({ code }) => code)).toEqual(['REDIS_UNREACHABLE']);
    // The client's own error of a refused AUTH has the password among its command's arguments.
    const error: unknown = await store.replay.load('k').catch((thrown: unknown) => thrown);
    const seen = inspect([checks, error], { depth: 20, showHidden: true });
    expect(seen).toMatch(/WRONGPASS/);
    expect(seen).not.toContain('geheim');
    admin.disconnect();
    await server.stop();
    expect(await codesOf(server.url)).toEqual(['REDIS_UNREACHABLE']);
  });

  test('nodes that are one server are not independent', async () => {
    const { server } = await serverWith(['appendonly', 'yes']);
    const [other] = await startServers(1);
    const store = quorumStore({ clients: [server.url, other?.url ?? '', server.url] });
    onTestFinished(() => store.close());
    const codes = (await store.verify()).flatMap(({ code }) => code ?? []);
    expect(codes).toEqual(['REDIS_PERSISTENCE', 'REDIS_SAME_SERVER']);
  });

  test('warnings are logged once when the store is made', async () => {
    const { server } = await serverWith(['maxmemory-policy', 'allkeys-lru']);
    const warnings: string[] = [];
    const log = { debug() {}, info() {}, error() {}, warn: (message: string) => warnings.push(message) };
    const store = redisStore({ client: server.url, log });
    onTestFinished(() => store.close());
    await until(() => warnings.length === 2);
    await store.verify();
    expect(warnings.join()).toMatch(/noeviction.*appendonly/s);
    expect(warnings.length).toBe(2);
  });
});

describe('a client of the user', needsRedis(), () => {
  test('lends its options, keeps its settings, and is never closed', async () => {
    const { server } = await serverWith();
    const client = new Redis(server.url, { db: 3, keyPrefix: 'mine:', commandTimeout: 60_000 });
    onTestFinished(() => client.disconnect());
    const store = redisStore({ client: client, prefix: 'theirs' });
    await store.idempotency.claimMany([{ key: 'k' }], { owner: 'me', lease: 60_000 });
    // In its database, under its prefix.
    expect(await client.hget('theirs:claim:k', 'o')).toBe('me');

    // Its timeout of a minute is not the store's.
    server.pause();
    await expect(store.replay.load('k')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    server.resume();
    await store.close();
    expect(await client.ping()).toBe('PONG');
    expect(client.options.commandTimeout).toBe(60_000);
  });
});
