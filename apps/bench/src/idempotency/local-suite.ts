import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SqliteStoreOptions } from '@millrace/core/sqlite';
import { memoryStore } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';

import type { Suite } from '../suite.ts';
import { idempotencyContender } from './contender.ts';
import type { Guard } from './guard.ts';
import { unguarded } from './guard.ts';
import { quantitiesOf } from './quantities.ts';
import { storeGuard } from './store-guard.ts';

const none = 'none';
const names = ['memory', 'sqlite', 'sqlite-normal', 'sqlite.batch100', 'sqlite-normal.batch100'] as const;

/** Stores that need no server. */
export const localSuite: Suite = {
  name: 'idempotency in memory and SQLite',
  messages: 10_000,
  warmUps: 2,
  samples: 12,
  quantities: names.flatMap((name) => quantitiesOf(name, none, [])),
  open: async () => ({
    contenders: [
      idempotencyContender(none, 10, async () => unguarded),
      idempotencyContender('memory', 10, async () => storeGuard(memoryStore().idempotency, async () => {})),
      idempotencyContender('sqlite', 10, () => sqlite('full')),
      idempotencyContender('sqlite-normal', 10, () => sqlite('normal')),
      idempotencyContender('sqlite.batch100', 100, () => sqlite('full')),
      idempotencyContender('sqlite-normal.batch100', 100, () => sqlite('normal')),
    ],
  }),
};

async function sqlite(durability: NonNullable<SqliteStoreOptions['durability']>): Promise<Guard> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  const store = sqliteStore({ path: join(folder, 'claims.db'), durability });
  return storeGuard(store.idempotency, async () => {
    store.close();
    await rm(folder, { recursive: true });
  });
}
