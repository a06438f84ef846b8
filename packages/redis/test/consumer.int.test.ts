import { createConsumer, silentLogger } from '@millrace/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { kinds } from './support/kinds.ts';
import { queueSource } from './support/queue-source.ts';
import { startServers } from './support/test-servers.ts';
import { until } from './support/until.ts';

describe.each(kinds)(
  'a consumer on $kind that hangs in mid-run',
  needsRedis(),
  ({ servers: count, open }) => {
    test('pauses, acknowledges nothing meanwhile, goes on, and handles each event once', async () => {
      const servers = await startServers(count);
      const store = open(servers.map(({ url }) => url));
      onTestFinished(() => store.close());
      const total = 300;
      const source = queueSource(total);
      const handled: string[] = [];
      const consumer = createConsumer({ name: 'counting', sources: [source], store, log: silentLogger });
      consumer.on('Counted', async ({ id }) => {
        handled.push(id);
        // The majority is lost in the middle of a batch.
        if (handled.length === 100)
          for (const server of servers.slice(0, Math.ceil(count / 2))) server.pause();
      });
      await consumer.start();
      onTestFinished(() => consumer.stop());

      const status = () => consumer.health().sources['queue']?.status;
      await until(() => status() === 'degraded');
      const acknowledged = source.acknowledged.length;
      const started = handled.length;
      expect(acknowledged).toBeLessThan(total);
      // Several tries to reach the store end without an answer.
      for (let tries = 0; tries < 3; tries += 1) {
        await store.replay.load('any').catch(() => undefined);
      }
      await expect(store.replay.load('any')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
      expect(status()).toBe('degraded');
      expect(source.acknowledged.length).toBe(acknowledged);
      expect(handled.length).toBe(started);

      for (const server of servers) server.resume();
      await until(() => source.acknowledged.length === total);
      expect(handled.toSorted()).toEqual([...new Set(handled)].toSorted());
      expect(handled.length).toBe(total);
      expect(source.acknowledged.toSorted()).toEqual(handled.toSorted());
      expect(source.dead).toEqual([]);
      await until(() => status() === 'ready');
    });
  },
);
