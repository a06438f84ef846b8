import { setTimeout } from 'node:timers/promises';
import type { Claim } from '@millrace/core';
import { isMillraceError, systemClock, toPosition } from '@millrace/core';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import type { RedisStore } from '../src/index.ts';
import type { OpenStore } from './support/kinds.ts';
import { kinds, quorums } from './support/kinds.ts';
import type { TestServer } from './support/test-servers.ts';
import { startServers } from './support/test-servers.ts';
import { until } from './support/until.ts';

const lease = 60_000;
const retention = 600_000;

/** What calls take at the most while nodes are away: far more than their timeout of 250 ms, far less than a hang. */
const bound = 5_000;

async function openOn(open: OpenStore, servers: readonly TestServer[]): Promise<RedisStore> {
  const store = open(servers.map(({ url }) => url));
  onTestFinished(() => store.close());
  await store.ownership.acquire('warm-up', { owner: 'me', lease });
  return store;
}

async function claim({ idempotency }: RedisStore, key: string, owner = 'me'): Promise<Claim | string> {
  const [verdict] = await idempotency.claimMany([{ key }], { owner, lease });
  return verdict?.status === 'claimed' ? { key, owner, fence: verdict.fence } : String(verdict?.status);
}

async function win(store: RedisStore, key: string): Promise<Claim> {
  const won = await claim(store, key);
  if (typeof won === 'string') throw new Error(`${key} is ${won}.`);
  return won;
}

/** Everything that a consumer asks of a store. */
async function work(store: RedisStore, key: string): Promise<unknown> {
  const won = await win(store, key);
  const owned = await store.ownership.acquire(key, { owner: 'me', lease });
  return {
    extended: await store.idempotency.extendMany([won], { lease }),
    completed: await store.idempotency.completeMany([won], { retention }),
    again: await claim(store, key),
    saved: await store.replay.save(key, { position: toPosition('7'), fence: owned?.fence ?? 0 }),
    loaded: (await store.replay.load(key))?.position,
    letters: (await store.deadLetters.list({}, { limit: 1 })).letters,
  };
}

const worked = {
  extended: [true],
  completed: [true],
  again: 'done',
  saved: true,
  loaded: '7',
  letters: [],
};

const ports: readonly (readonly [string, (store: RedisStore) => Promise<unknown>])[] = [
  ['claim', (store) => claim(store, 'other')],
  [
    'complete',
    (store) => store.idempotency.completeMany([{ key: 'k', owner: 'me', fence: 1 }], { retention }),
  ],
  ['extend', (store) => store.idempotency.extendMany([{ key: 'k', owner: 'me', fence: 1 }], { lease })],
  ['release', (store) => store.idempotency.releaseMany([{ key: 'k', owner: 'me', fence: 1, counted: true }])],
  ['load', (store) => store.replay.load('k')],
  ['save', (store) => store.replay.save('k', { position: toPosition('1'), fence: 1 })],
  ['list', (store) => store.deadLetters.list({}, { limit: 1 })],
  ['acquire', (store) => store.ownership.acquire('k', { owner: 'other', lease })],
];

/** What each call ends with: nothing but STORE_UNAVAILABLE, in time. */
async function outcomes(store: RedisStore): Promise<readonly string[]> {
  const seen: string[] = [];
  for (const [port, call] of ports) {
    const started = performance.now();
    const outcome = await call(store).then(
      (answer) => `answered ${JSON.stringify(answer)}`,
      (error: unknown) => (isMillraceError(error) ? error.code : String(error)),
    );
    seen.push(`${port}: ${outcome}${performance.now() - started < bound ? '' : ', late'}`);
  }
  return seen;
}

const unavailable = ports.map(([port]) => `${port}: STORE_UNAVAILABLE`);

/** What a call answers once the store is back: tries end with STORE_UNAVAILABLE before, and with nothing else. */
async function onceBack<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isMillraceError(error, 'STORE_UNAVAILABLE')) throw error;
      await setTimeout(10);
    }
  }
}

/** Resolves when a key can be claimed: what failed meanwhile is taken back soon, long before its lease ends. */
async function canClaim(store: RedisStore, key: string): Promise<void> {
  await until(async () => typeof (await onceBack(() => claim(store, key))) === 'object');
}

const ways = [
  { how: 'hangs', away: async (server: TestServer) => server.pause() },
  { how: 'is refused', away: (server: TestServer) => server.stop() },
];

describe.each(quorums)('$kind, when a node is away', needsRedis(), ({ open }) => {
  test.each(ways)('goes on without one that $how', async ({ away }) => {
    const servers = await startServers(3);
    const store = await openOn(open, servers);
    for (const [index, server] of servers.entries()) {
      if (index === 1) await away(server);
    }
    const started = performance.now();
    for (const key of ['first', 'second', 'third']) expect(await work(store, key)).toEqual(worked);
    expect(performance.now() - started).toBeLessThan(bound);
  });

  test('sends nothing more to one that hangs, until it is back', async () => {
    const servers = await startServers(3);
    const [hung] = servers;
    const store = await openOn(open, servers);
    hung?.pause();
    // A check of the hung server ends when its connection is given up.
    for (let checks = 0; checks < 2; checks += 1) await store.verify();
    for (let index = 0; index < 200; index += 1) await win(store, `key-${index}`);
    hung?.resume();
    const admin = new Redis(hung?.url ?? '');
    onTestFinished(() => admin.disconnect());
    const statistics = await admin.info('commandstats');
    const calls = [...statistics.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].map(([, count]) =>
      Number(count),
    );
    const all = calls.reduce((sum, count) => sum + count, 0);
    expect(all).toBeGreaterThan(0);
    expect(all).toBeLessThan(100);
  });

  test('starts without one', async () => {
    const servers = await startServers(3);
    await servers[2]?.stop();
    expect(await work(await openOn(open, servers), 'first')).toEqual(worked);
  });

  test.each(ways)('says so when two $how, and recovers by itself', async ({ how, away }) => {
    const servers = await startServers(3);
    const [, second, third] = servers;
    const store = await openOn(open, servers);
    const held = await win(store, 'k');
    if (second && third) await Promise.all([away(second), away(third)]);
    expect(await outcomes(store)).toEqual(unavailable);
    if (how === 'hangs') for (const server of servers) server.resume();
    else await second?.start();
    await canClaim(store, 'other');
    // A node that forgot the claim can't confirm it, and one that is still away can't either.
    const complete = () => store.idempotency.completeMany([held], { retention });
    const completed = how === 'hangs' ? onceBack(complete) : complete();
    const outcome = await completed.catch((error: unknown) => isMillraceError(error) && error.code);
    expect(outcome).toEqual(how === 'hangs' ? [true] : 'STORE_UNAVAILABLE');
  });

  test('still knows what is done after one node came back empty', async () => {
    const servers = await startServers(3);
    const store = await openOn(open, servers);
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    for (const key of keys) await store.idempotency.completeMany([await win(store, key)], { retention });
    await store.replay.save('k', { position: toPosition('9'), fence: 4 });
    const before = await store.ownership.acquire('source', { owner: 'first', lease });
    await servers[0]?.stop();
    await servers[0]?.start();

    const later = await openOn(open, servers);
    for (const key of keys) expect(await claim(later, key, 'other')).toBe('done');
    expect(await later.replay.load('k')).toEqual({ position: '9', fence: 4 });
    expect(await later.replay.save('k', { position: toPosition('8'), fence: 3 })).toBe(false);
    expect(await later.ownership.acquire('source', { owner: 'second', lease })).toBeUndefined();
    const after = await later.ownership.acquire('source', { owner: 'first', lease });
    expect(after?.fence).toBeGreaterThan(before?.fence ?? 0);
  });

  test('a fence grows through a node that was away and another that is lost', async () => {
    const servers = await startServers(3);
    const [first, , third] = servers;
    const store = await openOn(open, servers);
    await first?.stop();
    let fence = 0;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const won = await win(store, 'k');
      await store.idempotency.releaseMany([{ ...won, counted: true }]);
      ({ fence } = won);
    }
    // The first node knows nothing of these; the third, which does, goes.
    await first?.start();
    const later = await openOn(open, servers);
    await third?.stop();
    const [verdict] = await later.idempotency.claimMany([{ key: 'k' }], { owner: 'other', lease });
    expect(verdict).toEqual({ status: 'claimed', fence: fence + 1, attempt: 4, takeover: false });
    // Both nodes that voted have the fence now, whichever of them is asked next.
    const held = { key: 'k', owner: 'other', fence: fence + 1 };
    expect(await later.idempotency.completeMany([held], { retention })).toEqual([true]);
  });
});

describe.each(kinds)('$kind, when all nodes are away', needsRedis(), ({ servers: count, open }) => {
  test.each(ways)('says so when each $how, and recovers by itself', async ({ how, away }) => {
    const servers = await startServers(count);
    const store = await openOn(open, servers);
    await Promise.all(servers.map(away));
    expect(await outcomes(store)).toEqual(unavailable);
    if (how === 'hangs') for (const server of servers) server.resume();
    else await Promise.all(servers.map((server) => server.start()));
    await canClaim(store, 'other');
  });

  test('answers that come when the lease is about to end are no claim, and leave none', async () => {
    const servers = await startServers(count);
    const urls = servers.map(({ url }) => url);
    let elapsed = 0;
    // Each look at the clock finds that half a minute has gone by.
    const slow = open(urls, { clock: { ...systemClock, monotonic: () => (elapsed += 30_000) } });
    onTestFinished(() => slow.close());
    await expect(claim(slow, 'k')).resolves.toMatchObject({ key: 'k' });
    const late = slow.idempotency.claimMany([{ key: 'late' }], { owner: 'me', lease: 30_000 });
    await expect(late).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const store = await openOn(open, servers);
    await until(async () => typeof (await claim(store, 'late', 'other')) === 'object');
  });

  test('a closed store says so', async () => {
    const servers = await startServers(count);
    const store = await openOn(open, servers);
    await store.close();
    await store.close();
    expect(await outcomes(store)).toEqual(unavailable);
  });
});
