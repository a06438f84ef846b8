import { expect, test } from 'vitest';
import { memoryStore } from '../../src/index.ts';
import type { ClaimRecord } from '../../src/stores/claim-record.ts';
import { memoryIdempotency } from '../../src/stores/memory/idempotency.ts';
import { manualClock } from '../support/manual-clock.ts';

test('memory is bounded by the retention: expired records go without a timer', async () => {
  const clock = manualClock();
  const records = new Map<string, ClaimRecord>();
  const store = memoryIdempotency(clock, 10_000, records);
  const retention = 1_000;
  // 50 keys each 10 ms: 5,000 within the retention. Each tenth is released, each twentieth abandoned.
  let most = 0;
  for (let tick = 0; tick < 4_000; tick += 1) {
    await store.claimMany(
      keysOf(tick).map((key) => ({ key })),
      { owner: 'me', lease: 100 },
    );
    const claims = keysOf(tick).map((key) => ({ key, owner: 'me', fence: 1 }));
    await store.completeMany(
      claims.filter((_, index) => index % 10 !== 0),
      { retention },
    );
    await store.releaseMany(
      claims.filter((_, index) => index % 20 === 0).map((claim) => ({ ...claim, counted: true })),
    );
    await clock.advance(10);
    if (tick > 2_000) most = Math.max(most, records.size);
  }
  const wanted = 100 * 45 + 1_000 * 5;
  expect(most).toBeGreaterThan(wanted * 0.9);
  expect(most).toBeLessThan(wanted * 2);
  expect(clock.pending).toBe(0);
});

test('setting the wall clock neither ends nor prolongs a lease', async () => {
  const start = manualClock();
  let jumped = 0;
  const clock = { ...start, now: () => start.now() + jumped };
  const { idempotency, ownership } = memoryStore({ clock });
  await idempotency.claimMany([{ key: 'held' }], { owner: 'first', lease: 1_000 });
  await ownership.acquire('source', { owner: 'first', lease: 1_000 });
  const ask = async () => {
    const [verdict] = await idempotency.claimMany([{ key: 'held' }], { owner: 'second', lease: 1_000 });
    return [verdict?.status, (await ownership.acquire('source', { owner: 'second', lease: 1_000 }))?.owner];
  };

  jumped = 3_600_000;
  expect(await ask()).toEqual(['busy', undefined]);
  jumped = -3_600_000;
  await start.advance(1_000);
  expect(await ask()).toEqual(['claimed', 'second']);
});

test('a key that never got done is forgotten after its own retention', async () => {
  const clock = manualClock();
  const { idempotency } = memoryStore({ clock, abandonedRetention: 5_000 });
  const claim = async (key: string) =>
    (await idempotency.claimMany([{ key }], { owner: 'me', lease: 100 }))[0];
  // The sweep comes to these before it comes to the one that is asked for.
  for (let index = 0; index < 20; index += 1) await claim(`other-${index}`);
  await claim('failing');
  await idempotency.releaseMany([{ key: 'failing', owner: 'me', fence: 1, counted: true }]);
  await clock.advance(4_999);
  expect(await claim('failing')).toMatchObject({ fence: 2, attempt: 2 });
  await clock.advance(5_100);
  expect(await claim('failing')).toMatchObject({ fence: 1, attempt: 1, takeover: false });
});

function keysOf(tick: number): string[] {
  return Array.from({ length: 50 }, (_, index) => `${tick}/${index}`);
}
