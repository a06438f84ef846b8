import type { RedisStore } from '@millrace/redis';
import { quorumStore, redisStore, redlockStore } from '@millrace/redis';

import { redisServers } from '../redis-servers.ts';
import type { Suite } from '../suite.ts';
import { idempotencyContender } from './contender.ts';
import { naiveRedlock } from './naive-redlock.ts';
import { quantitiesOf } from './quantities.ts';
import { storeGuard } from './store-guard.ts';

const naive = { one: 'redlock@5.0.0-beta.2 on 1 node', three: 'redlock@5.0.0-beta.2 on 3 nodes' } as const;

/** Stores in Redis, on one node and on three, each next to locks by the redlock package on as many. */
export const redisSuite: Suite = {
  name: 'idempotency in Redis',
  messages: 10_000,
  warmUps: 2,
  samples: 20,
  quantities: [
    ...quantitiesOf('redis', naive.one, [naive.three]),
    ...quantitiesOf('redis-quorum', naive.three, [naive.one]),
    ...quantitiesOf('redlock', naive.three, [naive.one]),
  ],
  async open() {
    const redis = await redisServers(3);
    if ('missing' in redis) return redis;
    const { urls: nodes, stop } = redis;
    const [node = ''] = nodes;
    return {
      contenders: [
        idempotencyContender('redis', 10, () => guard(redisStore({ client: node, prefix: 'one', timeout }))),
        idempotencyContender('redis-quorum', 10, () =>
          guard(quorumStore({ clients: nodes, prefix: 'quorum', timeout })),
        ),
        idempotencyContender('redlock', 10, () =>
          guard(redlockStore({ clients: nodes, prefix: 'redlock', timeout })),
        ),
        idempotencyContender(naive.one, 10, () => naiveRedlock([node])),
        idempotencyContender(naive.three, 10, () => naiveRedlock(nodes)),
      ],
      close: stop,
    };
  },
};

/** Milliseconds. Longer than the default, so that a busy machine makes the numbers worse and does not end the bench. */
const timeout = 5_000;

async function guard({ idempotency, close }: RedisStore) {
  return storeGuard(idempotency, close);
}
