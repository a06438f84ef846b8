import { Redis } from 'ioredis';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../../../scripts/servers/needs-redis.ts';
import { clusterClient, startCluster } from '../../../../redis/test/support/test-cluster.ts';
import { bodyOf, toBuffer } from '../../../src/broadcaster/memory/bodies.ts';
import type { BroadcasterStore } from '../../../src/broadcaster/ports/broadcaster-store.ts';
import { redisBroadcasterStore } from '../../../src/broadcaster/stores/redis/redis-broadcaster-store.ts';
import { deadPort } from '../../outgoing/servers.ts';

const message = (key: string, body = 'hello') => ({
  key,
  topic: Buffer.from('t'),
  digest: Buffer.alloc(64),
  tracing: Buffer.alloc(0),
  publishedAt: Date.now(),
  body: bodyOf(Buffer.from(body)),
});
const delivery = (id: string, url: string) => ({
  id,
  url,
  recovery: undefined,
  attempts: 0,
  failure: undefined,
  delay: 0,
});
const holder = { owner: 'test', lease: 60_000 };

describe('broadcasters that share Redis', needsRedis(), () => {
  function connect(count: number, prefix = `test-${crypto.randomUUID()}`) {
    const [server] = inject('redis').servers;
    return Array.from({ length: count }, () => {
      const client = new Redis({ ...server });
      onTestFinished(() => client.disconnect());
      return { client, store: redisBroadcasterStore({ client, prefix }) };
    });
  }

  test('lease each delivery to one of them, however they race', async () => {
    const brokers = connect(4);
    const [first] = brokers;
    const ids = Array.from({ length: 300 }, (_, index) => `d${index}`);
    await first?.store.deliveries.put(
      message('m'),
      ids.map((id, index) => delivery(id, `http://h${index % 17}.example/`)),
      holder,
    );
    const leasedIds: string[] = [];
    await Promise.all(
      brokers.map(async ({ store: { deliveries } }, index) => {
        for (;;) {
          const leased = await deliveries.lease({ owner: `${index}`, lease: 60_000, limit: 7, perUrl: 3 });
          if (leased.length === 0) return;
          leasedIds.push(...leased.map(({ id }) => id));
          await Promise.all(leased.map(async (each) => expect(await deliveries.complete(each)).toBe(true)));
        }
      }),
    );
    expect(leasedIds.sort()).toEqual(ids.sort());
    expect(await first?.store.deliveries.counts()).toEqual({
      deliveries: 0,
      hints: 0,
      deadLetters: 0,
      bytes: 0,
    });
  });

  test('settle each delivery once, also when leases run out on the way', async () => {
    const brokers = connect(4);
    const ids = Array.from({ length: 60 }, (_, index) => `d${index}`);
    await brokers[0]?.store.deliveries.put(
      message('m'),
      ids.map((id) => delivery(id, `http://${id}.example/`)),
      holder,
    );
    const settled: string[] = [];
    await Promise.all(
      brokers.map(async ({ store: { deliveries } }, index) => {
        while ((await deliveries.counts()).deliveries > 0) {
          // So short that one that took many is late with the last of them.
          for (const each of await deliveries.lease({ owner: `${index}`, lease: 3, limit: 20, perUrl: 3 })) {
            if (await deliveries.complete(each)) settled.push(each.id);
          }
        }
      }),
    );
    expect(settled.sort()).toEqual(ids.sort());
  });

  test('number the messages of a topic without gaps, and tell each its number', async () => {
    const brokers = connect(3);
    const bounds = { messages: 100, bytes: 1_000_000, age: 60_000, topics: 10 };
    const appended = await Promise.all(
      Array.from({ length: 60 }, async (_, index) => {
        const unnumbered = {
          ...message(`m${index}`),
          tracing: (sequence: number) => Buffer.from(`${sequence}`),
        };
        return brokers[index % 3]?.store.log.append(unnumbered, bounds);
      }),
    );
    const numbers = Array.from({ length: 60 }, (_, index) => index + 1);
    expect(appended.map((it) => it?.sequence).sort((a = 0, b = 0) => a - b)).toEqual(numbers);
    const read = await brokers[0]?.store.log.read(Buffer.from('t'), { limit: 100, age: 60_000 });
    expect(read?.map(({ sequence }) => sequence)).toEqual(numbers);
    expect(read?.map(({ message: { tracing } }) => Buffer.from(tracing).toString())).toEqual(
      numbers.map(String),
    );
  });

  test('go on after Redis has forgotten their scripts', async () => {
    const [one] = connect(1);
    const subscription = {
      url: 'http://one.example/',
      wanted: { topic: Buffer.from('t') },
      recovery: undefined,
    };
    expect(await one?.store.subscriptions.subscribe(subscription)).toBe('added');
    await one?.client.script('FLUSH');
    expect(await one?.store.subscriptions.subscribe(subscription)).toBe('there');
  });

  test('leave nothing in Redis of what is over', async () => {
    const prefix = `test-${crypto.randomUUID()}`;
    const [one] = connect(1, prefix);
    if (!one) throw new Error('unreachable');
    const { subscriptions, deliveries, undelivered } = one.store;
    const url = 'http://one.example/';
    await subscriptions.subscribe({ url, wanted: { glob: 'a/*' }, recovery: undefined });
    await subscriptions.failing(url, 1);
    await subscriptions.unsubscribe(url, { glob: 'a/*' });
    const large = 'x'.repeat(2_500_000);
    await deliveries.put(message('m', large), [delivery('1', url), delivery('2', url)], holder);
    const [first, second] = await deliveries.lease({ owner: 'a', lease: 60_000, limit: 10, perUrl: 10 });
    if (!first || !second) throw new Error('unreachable');
    await deliveries.complete(first);
    await deliveries.bury(second, { attempts: 1, failure: 'no', diedAt: 5 });
    await undelivered.purge({});
    const keys = await one.client.keys(`{${prefix}}*`);
    expect(keys.map((key) => key.replace(`{${prefix}}`, '')).sort()).toEqual([':counts', ':globs-version']);
  });

  test('pages of dead letters go on where the last one ended, past many of the same time', async () => {
    const [one] = connect(1);
    if (!one) throw new Error('unreachable');
    const { deliveries, undelivered } = one.store;
    const ids = Array.from({ length: 1_201 }, (_, index) => `d${String(index).padStart(5, '0')}`);
    await deliveries.put(
      message('m'),
      ids.map((id) => ({ ...delivery(id, 'http://one.example/'), delay: undefined })),
      holder,
    );
    await Promise.all(
      ids.map((id) =>
        deliveries.bury({ id, owner: 'test', fence: 1 }, { attempts: 1, failure: 'no', diedAt: 7 }),
      ),
    );
    const seen: string[] = [];
    for (let cursor: string | undefined, more = true; more;) {
      const page = await undelivered.list({}, { limit: 700, cursor });
      seen.push(...page.letters.map(({ id }) => id));
      cursor = page.next;
      more = cursor !== undefined;
    }
    expect(seen).toEqual(ids);
    expect((await undelivered.list({ url: 'http://other.example/' }, { limit: 1 })).letters).toEqual([]);
    expect(await undelivered.purge({ before: 7 })).toBe(0);
    expect(await undelivered.purge({ since: 7, before: 8 })).toBe(1_201);
  });

  test('hear STORE_UNAVAILABLE when it is not there', async () => {
    const client = new Redis({ port: await deadPort(), maxRetriesPerRequest: null });
    client.on('error', () => {});
    onTestFinished(() => client.disconnect());
    const store = redisBroadcasterStore({ client, timeout: 200 });
    const failed = expect.objectContaining({ code: 'STORE_UNAVAILABLE' });
    await expect(store.subscriptions.match(Buffer.from('t'))).rejects.toEqual(failed);
    await expect(store.deliveries.put(message('m'), [], holder)).rejects.toEqual(failed);
    await expect(store.deliveries.lease({ owner: 'a', lease: 1, limit: 1, perUrl: 1 })).rejects.toEqual(
      failed,
    );
  });
});

test('all of it works in a cluster', needsRedis(), async () => {
  const cluster = await startCluster();
  const client = clusterClient(cluster.servers);
  onTestFinished(async () => {
    client.disconnect();
    await cluster.stop();
  });
  await client.connect();
  const store: BroadcasterStore = redisBroadcasterStore({ client });
  const url = 'http://one.example/';
  await store.subscriptions.subscribe({ url, wanted: { glob: 'a/*' }, recovery: undefined });
  expect(await store.subscriptions.match(Buffer.from('a/b'))).toMatchObject([{ url }]);
  await store.deliveries.put(message('m'), [delivery('d', url)], holder);
  const [leased] = await store.deliveries.lease({ owner: 'a', lease: 60_000, limit: 1, perUrl: 1 });
  if (leased?.kind !== 'message') throw new Error('unreachable');
  expect(await toBuffer(leased.message.body)).toEqual(Buffer.from('hello'));
  expect(await store.deliveries.complete(leased)).toBe(true);
  const bounds = { messages: 1, bytes: 100, age: 60_000, topics: 1 };
  const unnumbered = { ...message('n'), tracing: () => Buffer.alloc(0) };
  expect(await store.log.append(unnumbered, bounds)).toMatchObject({ sequence: 1 });
  expect(await store.replayGuard.remember('proof', 1_000)).toBe(true);
  expect(await store.replayGuard.remember('proof', 1_000)).toBe(false);
});

test.each([{ prefix: '' }, { prefix: 'a{b}' }, { timeout: 0.5 }, { client: {} as Redis }])(
  'PUBSUB_OPTIONS for %j',
  (options) => {
    const client = { callBuffer: async () => null };
    expect(() => redisBroadcasterStore({ client, ...options })).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
    );
  },
);
