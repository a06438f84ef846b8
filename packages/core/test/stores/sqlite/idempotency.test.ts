import { expect, test } from 'vitest';
import { manualClock } from '../../support/manual-clock.ts';
import { openStore } from '../support/open-store.ts';

test('a call that fails half-way leaves nothing', async () => {
  const { database, idempotency } = openStore();
  database.exec(`CREATE TRIGGER unlucky BEFORE INSERT ON millrace_claims WHEN new.key = 'c'
    BEGIN SELECT RAISE (ABORT, 'no c today'); END`);
  const keys = ['a', 'b', 'c', 'd'].map((key) => ({ key }));
  await expect(idempotency.claimMany(keys, { owner: 'me', lease: 1_000 })).rejects.toThrow('no c today');
  expect(database.prepare('SELECT key FROM millrace_claims').all()).toEqual([]);
  database.exec('DROP TRIGGER unlucky');
  const verdicts = await idempotency.claimMany(keys, { owner: 'you', lease: 1_000 });
  expect(verdicts.map(({ status }) => status)).toEqual(['claimed', 'claimed', 'claimed', 'claimed']);
});

test('the table is bounded by the retention: claims purge what has expired, a few records at a time', async () => {
  const clock = manualClock();
  const { database, idempotency } = openStore({ clock, durability: 'normal', abandonedRetention: 1_000 });
  const rows = () => Number(database.prepare('SELECT count(*) AS n FROM millrace_claims').get()?.['n']);
  const claim = async (tick: number, count: number) => {
    const requests = Array.from({ length: count }, (_, index) => ({ key: `${tick}/${index}` }));
    await idempotency.claimMany(requests, { owner: 'me', lease: 1_000 });
    const claims = requests.map(({ key }) => ({ key, owner: 'me', fence: 1 }));
    await idempotency.completeMany(
      claims.filter((_, index) => index % 2 === 0),
      { retention: 2_000 },
    );
  };
  await claim(0, 1_000);
  await clock.advance(2_000);
  await claim(1, 10);
  expect(rows(), 'one call of 10 keys purges 20 records').toBe(1_000 - 20 + 10);
  for (let tick = 2; tick < 200; tick += 1) {
    await clock.advance(100);
    await claim(tick, 10);
  }
  expect(rows(), 'what 2 s of claims leave').toBe(200);
});

test('a retention without an end is remembered for ever', async () => {
  const clock = manualClock();
  const { idempotency } = openStore({ clock });
  await idempotency.claimMany([{ key: 'a' }], { owner: 'me', lease: 1_000 });
  await idempotency.completeMany([{ key: 'a', owner: 'me', fence: 1 }], { retention: Infinity });
  await clock.advance(1e12);
  expect(await idempotency.claimMany([{ key: 'a' }], { owner: 'me', lease: 1_000 })).toEqual([
    { status: 'done' },
  ]);
});

test('clocks that disagree end leases early but never let two owners complete a claim', async () => {
  const clock = manualClock();
  const ahead = { ...clock, now: () => clock.now() + 3_600_000 };
  const store = openStore({ clock });
  const hasty = openStore({ clock: ahead, path: store.path });
  const stale = { key: 'a', owner: 'first', fence: 1 };
  await store.idempotency.claimMany([{ key: 'a' }], { owner: 'first', lease: 60_000 });
  const [verdict] = await hasty.idempotency.claimMany([{ key: 'a' }], { owner: 'second', lease: 60_000 });
  expect(verdict).toEqual({ status: 'claimed', fence: 2, attempt: 2, takeover: true });
  expect(await store.idempotency.extendMany([stale], { lease: 60_000 })).toEqual([false]);
  expect(await store.idempotency.completeMany([stale], { retention: 60_000 })).toEqual([false]);
  expect(
    await hasty.idempotency.completeMany([{ key: 'a', owner: 'second', fence: 2 }], { retention: 60_000 }),
  ).toEqual([true]);
});
