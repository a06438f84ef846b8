import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, inject } from 'vitest';
import { needsRedis } from '../../../../../scripts/servers/needs-redis.ts';
import { redisBroadcasterStore } from '../../../src/broadcaster/stores/redis/redis-broadcaster-store.ts';
import { broadcasterStoreTests } from '../store-tests.ts';

describe('the Redis store', needsRedis(), () => {
  broadcasterStoreTests(async (settings) => {
    const [server] = inject('redis').servers;
    const prefix = `test-${crypto.randomUUID()}`;
    const clients: Redis[] = [];
    const open = () => {
      const client = new Redis({ ...server });
      clients.push(client);
      return redisBroadcasterStore({ client, prefix, ...settings });
    };
    return {
      store: open(),
      connect: async () => open(),
      // The time is the server's.
      advance: (milliseconds) => setTimeout(milliseconds),
      async close() {
        for (const client of clients) client.disconnect();
      },
    };
  });
});
