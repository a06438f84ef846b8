import { setTimeout } from 'node:timers/promises';
import { storeConformance } from '@millrace/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RedisServers } from '../../../scripts/servers/redis.ts';
import { startRedis } from '../../../scripts/servers/redis.ts';
import { findValkey } from '../../../scripts/servers/redis-binary.ts';
import { redisStore } from '../src/index.ts';
import { ownPrefix } from './support/kinds.ts';

const binary = await findValkey();
const needsValkey = 'missing' in binary ? { skip: true, meta: { skipReason: binary.missing } } : {};

describe('redisStore on Valkey', needsValkey, () => {
  let valkey: RedisServers | undefined;
  beforeAll(async () => {
    valkey = await startRedis({ count: 1, find: async () => binary });
  });
  afterAll(() => valkey?.stop());
  const url = () => `redis://127.0.0.1:${valkey?.servers[0]?.port}`;

  const tests = storeConformance({
    async create() {
      const prefix = ownPrefix();
      const [store, other] = [redisStore({ client: url(), prefix }), redisStore({ client: url(), prefix })];
      return {
        store,
        connect: async () => other,
        // The time is the server's.
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
});
