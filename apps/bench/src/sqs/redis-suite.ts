import { redisStore } from '@millrace/redis';

import { redisServers } from '../redis-servers.ts';
import type { Suite } from '../suite.ts';
import { sqsContender } from './contender.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import { millrace } from './millrace.ts';

const names = {
  without: 'millrace without idempotency',
  redis: 'millrace with idempotency in Redis',
} as const;

/** What idempotency in one Redis costs end to end. */
export const sqsRedisSuite: Suite = {
  name: 'sqs with idempotency in Redis',
  messages: 5_000,
  warmUps: 2,
  samples: 12,
  quantities: [
    {
      id: 'sqs.idempotency.redis.throughput',
      kind: 'throughput',
      millrace: names.redis,
      raw: names.without,
      peers: [],
    },
    { id: 'sqs.idempotency.redis.cpu_us', kind: 'cpu', millrace: names.redis, raw: names.without, peers: [] },
  ],
  async open() {
    const redis = await redisServers(1);
    if ('missing' in redis) return redis;
    const [url = ''] = redis.urls;
    const store = redisStore({ client: url });
    const { endpoint, close } = await startEmbeddedServer();
    return {
      contenders: [
        sqsContender(endpoint, names.without, millrace()),
        sqsContender(
          endpoint,
          names.redis,
          millrace(() => store.idempotency),
        ),
      ],
      async close() {
        await store.close();
        await close();
        await redis.stop();
      },
    };
  },
};
