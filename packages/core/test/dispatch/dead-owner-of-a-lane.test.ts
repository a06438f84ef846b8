import { expect, test } from 'vitest';

import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

test('a lane whose owner has died with many claims is taken over when they run out, not once a lease for each', async () => {
  const clock = manualClock();
  const source = scriptedSource({
    clock,
    capabilities: { redelivery: 'none', order: 'perChannel', settle: 'none' },
  });
  const { consumer, store } = bench(source, { clock });
  const handled: string[] = [];
  consumer.on('Ping', { name: 'ping' }, ({ id }) => void handled.push(id));
  await consumer.start();
  const ids = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'];
  const keys = ids.map((id) => ({ key: `billing/ping/${id}` }));
  await store.idempotency.claimMany(keys, { owner: 'dead process', lease: 4_000 });
  source.send(...ids.map((id) => ({ id })));
  await clock.advance(3_999);
  expect(handled).toEqual([]);
  await clock.advance(1);
  expect(handled).toEqual(ids);
});
