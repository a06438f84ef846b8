import { expect, test } from 'vitest';

import type { Handler } from '../../src/handler.ts';
import type { Sent } from '../support/scripted-source.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const keyed = (...ids: readonly string[]): readonly Sent[] => ids.map((id) => ({ id, key: id.slice(0, 1) }));

async function started(
  {
    order = 'perKey',
    concurrency = 16,
    where,
  }: { order?: 'none' | 'perKey' | 'perChannel'; concurrency?: number; where?: 'in-place' },
  handle: Handler,
) {
  const clock = manualClock();
  const source = scriptedSource({
    clock,
    capabilities: { order },
    settings: { concurrency, prefetch: 20 },
    batch: 20,
  });
  const set = bench(source, { clock, retry: { delay: 1_000, ...(where && { where }) } });
  set.consumer.on('Ping', { name: 'ping' }, handle);
  await set.consumer.start();
  return { ...set, source };
}

test('messages with the same key run one after another, in order', async () => {
  const held = heldHandler();
  const { source, idle } = await started({}, held.handle);
  source.send(...keyed('a1', 'a2', 'a3'));
  await idle();
  expect(held.started).toEqual(['a1']);
  held.run('a1').finish();
  await idle();
  expect(held.started).toEqual(['a1', 'a2']);
  held.run('a2').finish();
  await idle();
  held.run('a3').finish();
  await idle();
  expect(source.settledAs('done')).toEqual(['a1', 'a2', 'a3']);
});

test('different keys run at the same time, up to the concurrency, and a busy key does not hold up others', async () => {
  const held = heldHandler();
  const { source, idle } = await started({ concurrency: 2 }, held.handle);
  source.send(...keyed('a1', 'a2', 'a3', 'b1', 'c1'));
  await idle();
  expect(held.started).toEqual(['a1', 'b1']);
  held.run('b1').finish();
  await idle();
  expect(held.started).toEqual(['a1', 'b1', 'c1']);
  expect(held.mostRunning).toBe(2);
});

test('a message without a key waits for nobody', async () => {
  const held = heldHandler();
  const { source, idle } = await started({}, held.handle);
  source.send({ id: 'x' }, { id: 'y' });
  await idle();
  expect(held.started).toEqual(['x', 'y']);
});

test('the same key in two channels is two lanes', async () => {
  const held = heldHandler();
  const { source, idle } = await started({}, held.handle);
  source.send({ id: 'x', key: 'k', channel: 'one' }, { id: 'y', key: 'k', channel: 'two' });
  await idle();
  expect(held.started).toEqual(['x', 'y']);
});

test('where the broker keeps no order, keys make no lanes', async () => {
  const held = heldHandler();
  const { source, idle } = await started({ order: 'none' }, held.handle);
  source.send(...keyed('a1', 'a2'));
  await idle();
  expect(held.started).toEqual(['a1', 'a2']);
});

test('where the broker orders channels, each channel is one lane whatever the keys', async () => {
  const held = heldHandler();
  const { source, idle } = await started({ order: 'perChannel' }, held.handle);
  source.send(
    { id: 'x1', channel: 'x', key: 'k' },
    { id: 'x2', channel: 'x', key: 'l' },
    { id: 'y1', channel: 'y' },
    { id: 'none1' },
    { id: 'none2' },
  );
  await idle();
  expect(held.started).toEqual(['x1', 'y1', 'none1']);
});

test('after a failure that the broker delivers again, the rest of the lane goes back unrun and in order', async () => {
  const held = heldHandler();
  const { source, idle, store } = await started({}, held.handle);
  source.send(...keyed('a1', 'a2', 'a3', 'a4', 'b1', 'b2'));
  await idle();
  held.run('a1').finish();
  await idle();
  held.run('a2').fail(new Error('no'));
  await idle();
  const told = source.settlements.map(({ incoming, outcome }) => `${incoming.id} ${outcome}`);
  expect(told).toEqual(['a1 done', 'a2 retry', 'a3 release', 'a4 release']);
  // a3 and a4 came again at once, with nothing counted against them.
  expect(held.started).toEqual(['a1', 'b1', 'a2', 'a3']);
  expect(held.run('a3').context.attempt).toBe(1);
  const [verdict] = await store.idempotency.claimMany([{ key: 'billing/ping/a4' }], {
    owner: 'test',
    lease: 1,
  });
  expect(verdict).toMatchObject({ status: 'busy' });
  held.run('b1').finish();
  await idle();
  expect(held.started).toContain('b2');
});

test('a retry in place holds its lane only, and gives its place to others while it waits', async () => {
  const held = heldHandler();
  const { source, clock, idle } = await started({ concurrency: 1, where: 'in-place' }, held.handle);
  source.send(...keyed('a1', 'a2', 'b1'));
  await idle();
  held.run('a1').fail(new Error('no'));
  await idle();
  expect(held.started).toEqual(['a1', 'b1']);
  held.run('b1').finish();
  await clock.advance(999);
  expect(held.started).toEqual(['a1', 'b1']);
  await clock.advance(1);
  expect(held.started).toEqual(['a1', 'b1', 'a1']);
  held.run('a1').finish();
  await idle();
  expect(held.started).toEqual(['a1', 'b1', 'a1', 'a2']);
  expect(source.settledAs('release')).toEqual([]);
});

test('a message that was given up on lets its lane go on', async () => {
  const held = heldHandler();
  const { source, idle } = await started({}, held.handle);
  source.send(...keyed('a1', 'a2'));
  await idle();
  held.run('a1').context.reject(new Error('never'));
  held.run('a1').finish();
  await idle();
  expect(source.settlements).toMatchObject([{ incoming: { id: 'a1' }, outcome: 'dead' }]);
  expect(held.started).toEqual(['a1', 'a2']);
});

test.each([{ keys: 1 }, { keys: 20_000 }])(
  'many at once that nobody is to handle are done, whether they have $keys keys or one each',
  async ({ keys }) => {
    const count = 20_000;
    const clock = manualClock();
    const source = scriptedSource({
      clock,
      capabilities: { order: 'perKey' },
      settings: { concurrency: 2, prefetch: count, unhandled: 'ignore' },
      batch: count,
    });
    const { consumer, idle } = bench(source, { clock });
    consumer.on('Ping', { name: 'ping' }, () => {});
    await consumer.start();
    source.send(
      ...Array.from({ length: count }, (_, n) => ({ id: `m${n}`, type: 'Other', key: String(n % keys) })),
    );
    await idle();
    expect(source.settledAs('done')).toHaveLength(count);
  },
);
