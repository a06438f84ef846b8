import { setTimeout } from 'node:timers/promises';
import { isMillraceError } from '@millrace/core';
import { storeConformance } from '@millrace/testing';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { quorumStore, redisStore } from '../src/index.ts';
import { ownPrefix } from './support/kinds.ts';
import { clusterClient, startCluster } from './support/test-cluster.ts';
import { until } from './support/until.ts';

describe('redisStore on a Redis Cluster of three masters', needsRedis(), () => {
  let cluster: Awaited<ReturnType<typeof startCluster>>;
  beforeAll(async () => {
    cluster = await startCluster();
  });
  afterAll(() => cluster.stop());

  const open = (prefix: string) => redisStore({ client: clusterClient(cluster.servers), prefix });

  const tests = storeConformance({
    async create() {
      const prefix = ownPrefix();
      const [store, other] = [open(prefix), open(prefix)];
      return {
        store,
        connect: async () => other,
        advance: (milliseconds) => setTimeout(milliseconds),
        close: async () => {
          await Promise.all([store.close(), other.close()]);
        },
      };
    },
  });

  test.each(tests)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });

  test('each master is checked', async () => {
    const store = open(ownPrefix());
    onTestFinished(() => store.close());
    const codes = (await store.verify()).flatMap(({ code }) => code ?? []);
    expect(codes).toEqual(['REDIS_PERSISTENCE', 'REDIS_PERSISTENCE', 'REDIS_PERSISTENCE']);
  });

  test('is no set of independent nodes', () => {
    const client = clusterClient(cluster.servers) as never;
    expect(() => quorumStore({ clients: [client, client, client] })).toThrow(/redisStore/);
  });

  test('a master that hangs takes only its own keys down, until it is back', async () => {
    const store = open(ownPrefix());
    onTestFinished(() => store.close());
    const terms = { owner: 'me', lease: 60_000 };
    const requests = Array.from({ length: 60 }, (_, index) => ({ key: `key-${index}` }));
    await store.idempotency.claimMany([{ key: 'first' }], terms);

    const [hung] = cluster.servers;
    hung?.pause();
    onTestFinished(() => hung?.resume());
    const statuses = (await store.idempotency.claimMany(requests, terms)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set(['claimed', 'unavailable']));
    const lost = requests.filter((_, index) => statuses[index] === 'unavailable');

    hung?.resume();
    await until(async () => {
      const verdicts = await store.idempotency.claimMany(lost, terms).catch((error: unknown) => {
        if (!isMillraceError(error, 'STORE_UNAVAILABLE')) throw error;
        return [];
      });
      const claimed = verdicts.flatMap((verdict, index) =>
        verdict.status === 'claimed' ? [lost[index]] : [],
      );
      for (const request of claimed) if (request) lost.splice(lost.indexOf(request), 1);
      return lost.length === 0;
    });
  });
});
