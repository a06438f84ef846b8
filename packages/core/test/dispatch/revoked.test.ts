import { expect, test } from 'vitest';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { scriptedLog } from '../support/scripted-log.ts';

async function started() {
  const source = scriptedLog({
    channels: ['a', 'b'],
    capabilities: { position: 'broker', order: 'perChannel' },
  });
  const set = bench(source, { markers: { every: 1 }, retry: { attempts: 3, delay: 1_000 } });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return {
    ...set,
    source,
    held,
    async comes(...ids: readonly string[]) {
      source.append(...ids.map((id) => ({ id, channel: id[0] ?? '' })));
      await set.idle();
    },
    async revoke(within = 0) {
      source.context?.revoked(['a'], { within });
      await set.idle();
    },
  };
}

test('what was not started of it is dropped, and other channels go on', async () => {
  const { comes, revoke, held, source, idle } = await started();
  await comes('a1', 'a2', 'a3', 'b1');
  await revoke(60_000);
  held.run('a1').finish();
  held.run('b1').finish();
  await idle();
  expect(held.started).toEqual(['a1', 'b1']);
  expect(source.commits).toEqual([{ channel: 'b', position: 'p4' }]);
});

test('what runs may end within the time, is done wherever it comes again, and is not committed', async () => {
  const { comes, revoke, held, source, idle, clock } = await started();
  await comes('a1');
  await revoke(1_000);
  await clock.advance(900);
  expect(held.run('a1').signal.aborted).toBe(false);
  held.run('a1').finish();
  await idle();
  expect(source.commits).toEqual([]);

  await comes('a1', 'a2');
  expect(held.started).toEqual(['a1', 'a2']);
  held.run('a2').finish();
  await idle();
  expect(source.commits.at(-1)).toEqual({ channel: 'a', position: 'p3' });
});

test('what runs on is aborted, and its outcome thrown away: it runs again where it comes', async () => {
  const { comes, revoke, held, source, idle, clock } = await started();
  await comes('a1');
  await revoke(1_000);
  await clock.advance(1_000);
  const { signal } = held.run('a1');
  expect(signal.reason).toMatchObject({ code: 'LEASE_LOST' });
  held.run('a1').fail(signal.reason);
  await idle();

  await comes('a1');
  expect(held.started).toEqual(['a1', 'a1']);
  expect(held.run('a1').context).toMatchObject({ attempt: 2, redelivered: true });
  held.run('a1').finish();
  await idle();
  expect(source.commits).toEqual([{ channel: 'a', position: 'p2' }]);
});

test('a failure is not tried again here', async () => {
  const { comes, revoke, held, idle, clock, consumer } = await started();
  await comes('a1', 'a2');
  await revoke(1_000);
  held.run('a1').fail(new Error('not now'));
  await idle();
  await clock.advance(60_000);
  expect(held.started).toEqual(['a1']);
  expect(consumer.health().sources['journal']).toMatchObject({ inFlight: 0 });
});

test('one that waits for its next attempt is dropped, and the attempt counts', async () => {
  const { comes, revoke, held, idle, clock } = await started();
  await comes('a1');
  held.run('a1').fail(new Error('not now'));
  await idle();
  await revoke();
  await clock.advance(60_000);
  expect(held.started).toEqual(['a1']);
  await comes('a1');
  expect(held.run('a1').context.attempt).toBe(2);
});

test('a marker that could not be written is not written later', async () => {
  const { comes, revoke, held, source, idle, clock } = await started();
  source.commitAnswer = async () => {
    throw new Error('the broker is not there');
  };
  await comes('a1');
  held.run('a1').finish();
  await idle();
  source.commitAnswer = undefined;
  await revoke();
  await clock.advance(60_000);
  expect(source.commits).toEqual([]);
});

test('one whose claim is awaited is not started', async () => {
  const { comes, revoke, held, faults, clock } = await started();
  faults.idempotency.condition = 'down';
  await comes('a1', 'b1');
  await revoke();
  faults.idempotency.condition = 'up';
  await clock.advance(10_000);
  expect(held.started).toEqual(['b1']);
});

test('a channel that comes back while something of it still runs keeps its order', async () => {
  const { comes, revoke, held, idle, clock } = await started();
  await comes('a1');
  await revoke(60_000);
  await comes('a1', 'a2');
  expect(held.started).toEqual(['a1']);
  held.run('a1').finish();
  await idle();
  await clock.advance(10_000);
  expect(held.started).toEqual(['a1', 'a2']);
});
