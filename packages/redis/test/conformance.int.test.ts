import { setTimeout } from 'node:timers/promises';
import { storeConformance } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { kinds, ownPrefix, sharedUrls } from './support/kinds.ts';

describe.each(kinds)('$kind', needsRedis(), ({ servers, open }) => {
  const tests = storeConformance({
    async create() {
      const prefix = ownPrefix();
      const [store, other] = [open(sharedUrls(servers), { prefix }), open(sharedUrls(servers), { prefix })];
      return {
        store,
        connect: async () => other,
        // The time is the servers'.
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
