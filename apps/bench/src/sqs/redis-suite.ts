import { memoryStore } from '@millrace/core';
import { redisStore } from '@millrace/redis';
import { Redis } from 'ioredis';

import { redisServers } from '../redis-servers.ts';
import type { Suite } from '../suite.ts';
import { sqsContender } from './contender.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import { millrace } from './millrace.ts';
import { waitingStore } from './waiting-store.ts';

const names = {
  without: 'millrace without idempotency',
  redis: 'millrace with idempotency in Redis',
  memory: 'millrace with idempotency in memory',
  ping: 'millrace with idempotency in memory, and a PING to Redis with each call',
} as const;
const shared = { millrace: names.redis, raw: names.without, peers: [names.memory, names.ping] };

/** What idempotency in one Redis costs end to end, and what of that any two round trips would cost. */
export const sqsRedisSuite: Suite = {
  name: 'sqs with idempotency in Redis',
  messages: 5_000,
  warmUps: 2,
  samples: 12,
  quantities: [
    { id: 'sqs.idempotency.redis.throughput', kind: 'throughput', ...shared },
    { id: 'sqs.idempotency.redis.cpu_us', kind: 'cpu', ...shared },
  ],
  async open() {
    const redis = await redisServers(1);
    if ('missing' in redis) return redis;
    const [url = ''] = redis.urls;
    const store = redisStore({ client: url });
    const client = new Redis(url);
    const { endpoint, close } = await startEmbeddedServer();
    return {
      contenders: [
        sqsContender(endpoint, names.without, millrace()),
        sqsContender(
          endpoint,
          names.redis,
          millrace(() => store.idempotency),
        ),
        sqsContender(
          endpoint,
          names.memory,
          millrace(() => memoryStore().idempotency),
        ),
        sqsContender(
          endpoint,
          names.ping,
          millrace(() => waitingStore(memoryStore().idempotency, () => client.ping())),
        ),
      ],
      async close() {
        client.disconnect();
        await store.close();
        await close();
        await redis.stop();
      },
    };
  },
};
