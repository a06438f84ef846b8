import type { DeadLetter } from '@millrace/core';
import { expect, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { redisStore } from '../src/index.ts';
import { startServers } from './support/test-servers.ts';

const letter = (id: string): DeadLetter => ({
  id,
  consumer: 'billing',
  source: 'orders',
  handler: 'placed',
  reason: 'exhausted',
  error: { name: 'Error', message: 'no', code: undefined, stack: undefined },
  attempts: 5,
  redrives: 0,
  diedAt: 1_000,
  message: {
    id,
    type: 'Ping',
    data: {},
    headers: {},
    raw: '{}',
    key: undefined,
    channel: undefined,
    position: undefined,
    time: undefined,
  },
});

test(
  'a letter that is removed right after it was put does not come back, on a server that has no script yet',
  needsRedis(),
  async () => {
    const [server] = await startServers(1);
    const { deadLetters, close } = redisStore({ client: server?.url ?? '' });
    // The server knows how to remove, and not how to put.
    await deadLetters.removeMany(['other']);
    await Promise.all([deadLetters.putMany([letter('a')]), deadLetters.removeMany(['a'])]);
    expect(await deadLetters.get('a')).toBeUndefined();
    await close();
  },
);
