import { expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

test('a store that is damaged does not pass for one that does not answer, which would come back by itself', async () => {
  const clock = manualClock();
  const source = scriptedSource({ clock });
  const damaged = new MillraceError('STORE_CORRUPT', 'The database is damaged: restore a backup.');
  const memory = memoryStore({ clock });
  const store: Store = {
    ...memory,
    idempotency: { ...memory.idempotency, claimMany: () => Promise.reject(damaged) },
  };
  const { consumer, log } = bench(source, { clock, store });
  consumer.on('Ping', () => {});
  await consumer.start();
  source.send({ id: 'e1' });
  await clock.advance(10_000);
  const { code, message } = damaged;
  expect(consumer.health().sources['orders']).toMatchObject({
    status: 'degraded',
    reason: { code, message },
  });
  expect(JSON.stringify(log.lines)).toContain('restore a backup');
  expect(source.settlements).toEqual([]);
});
