import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@millrace/testing';
import { describe } from 'vitest';
import { sqliteBroadcasterStore } from '../../../src/broadcaster/stores/sqlite/sqlite-broadcaster-store.ts';
import { broadcasterStoreTests } from '../store-tests.ts';

describe('the SQLite store', () => {
  broadcasterStoreTests(async (settings) => {
    const clock = manualClock(Date.now());
    const folder = await mkdtemp(join(tmpdir(), 'millrace-pubsub-'));
    const open = () => sqliteBroadcasterStore({ path: join(folder, 'broadcaster.db'), clock, ...settings });
    const store = open();
    return {
      store,
      connect: async () => open(),
      advance: (milliseconds) => clock.advance(milliseconds),
      async close() {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  });
});
