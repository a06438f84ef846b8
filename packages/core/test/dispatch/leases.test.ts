import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { Incoming } from '../../src/message.ts';
import type { Claim } from '../../src/ports/idempotency-store.ts';
import { createRegistry } from '../../src/registry.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import type { Fault } from '../support/fault.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const minute = 60_000;

async function started(options: ScriptedSourceOptions = {}, more: BenchOptions = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock, ...options });
  const set = bench(source, { clock, timeout: false, ...more });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

async function startedLog(more: BenchOptions = {}) {
  const clock = manualClock();
  const source = scriptedLog();
  const set = bench(source, { clock, timeout: false, ...more });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

/** The consumer's claim on the event, from what it was answered. */
function claimOf(fault: Fault, id: string): Claim {
  return { ...newestClaim(fault), key: `billing/ping/${id}` };
}

/** The newest claim on a key that was claimed for the first time. */
function newestClaim(fault: Fault): Claim {
  const call = fault.calls.findLast(({ name }) => name === 'claimMany');
  if (call === undefined) throw new Error('Nothing was claimed.');
  const [[{ key }], { owner }] = call.args as [[{ readonly key: string }], { readonly owner: string }];
  return { key, owner, fence: 1 };
}

/** The broker's answer when it no longer knows the lease. */
const refuse = (id: string) => (messages: readonly Incoming[]) =>
  messages
    .filter((incoming) => incoming.id === id)
    .map((incoming) => ({ incoming, error: new MillraceError('SETTLE_FAILED', 'Gone.'), final: true }));

const extensions = (fault: Fault): readonly (readonly string[])[] =>
  fault.calls
    .filter(({ name }) => name === 'extendMany')
    .map(({ args }) => (args[0] as readonly Claim[]).map(({ key }) => key.replace('billing/ping/', '')));

describe('the heartbeat', () => {
  test('extends what runs and what is queued, in one call each at the broker and in the store', async () => {
    const { source, held, clock, faults } = await started({ settings: { concurrency: 2, prefetch: 2 } });
    source.send({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' });
    await clock.advance(15_000);
    expect(held.started).toEqual(['a', 'b']);
    expect(source.extended).toEqual([['a', 'b', 'c', 'd']]);
    expect(extensions(faults.idempotency)).toEqual([['a', 'b', 'c', 'd']]);
  });

  test('keeps them for as long as it takes: nobody else gets them', async () => {
    const { source, held, clock, store } = await started();
    source.send({ id: 'a' });
    for (let passed = 0; passed < 30; passed += 1) {
      await clock.advance(minute);
      const [verdict] = await store.idempotency.claimMany([{ key: 'billing/ping/a' }], {
        owner: 'other',
        lease: 1,
      });
      expect(verdict?.status).toBe('busy');
    }
    expect(held.run('a').signal.aborted).toBe(false);
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ incoming: { id: 'a', deliveryCount: 1 }, outcome: 'done' }]);
  });

  test('asks for nothing that it does not need', async () => {
    const { source, held, clock, faults } = await started();
    source.send({ id: 'a' });
    await clock.advance(9_000);
    held.finishAll();
    await clock.advance(10 * minute);
    expect(source.extended).toEqual([]);
    expect(extensions(faults.idempotency)).toEqual([]);
  });

  test('stops with the consumer', async () => {
    const { source, clock, consumer } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    const stopping = consumer.stop();
    await clock.advance(20_000 + 9_000);
    await stopping;
    const calls = source.extended.length;
    await clock.advance(10 * minute);
    expect(source.extended).toHaveLength(calls);
    expect(clock.pending - source.timers).toBe(0);
  });
});

describe('a lease that is refused', () => {
  test('by the broker aborts the handler, and its outcome is thrown away', async () => {
    const { source, held, clock, store, faults } = await started();
    source.send({ id: 'a' }, { id: 'b' });
    await clock.advance(0);
    source.extendAnswer = refuse('a');
    await clock.advance(15_000);
    expect(held.run('a').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(held.run('b').signal.aborted).toBe(false);
    held.finishAll();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['b']);
    expect(source.settlements).toHaveLength(1);
    expect(source.letGo).toEqual(['a']);
    // Not "done", but free, with the run counted: whoever gets it next knows.
    expect(
      await store.idempotency.completeMany([claimOf(faults.idempotency, 'a')], { retention: 1 }),
    ).toEqual([false]);
    source.extendAnswer = undefined;
    await clock.advance(30_000);
    expect(held.run('a').context).toMatchObject({ attempt: 2, redelivered: true });
  });

  test('by the store does the same', async () => {
    const { source, held, clock, store, faults } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    const claim = claimOf(faults.idempotency, 'a');
    await store.idempotency.releaseMany([{ ...claim, counted: true }]);
    await store.idempotency.claimMany([{ key: claim.key }], { owner: 'other', lease: 10 * minute });
    await clock.advance(15_000);
    expect(held.run('a').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toEqual([]);
    const other = { ...claim, owner: 'other', fence: 2 };
    expect(await store.idempotency.completeMany([other], { retention: 1_000 })).toEqual([true]);
  });

  test('when the outcome is stored keeps it from the broker: a stale owner says nothing', async () => {
    const { source, held, clock, store, faults } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    const claim = claimOf(faults.idempotency, 'a');
    await store.idempotency.releaseMany([{ ...claim, counted: true }]);
    await store.idempotency.claimMany([{ key: claim.key }], { owner: 'other', lease: 10 * minute });
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toEqual([]);
  });

  test('during a second handler leaves the first one done', async () => {
    const firstRuns: string[] = [];
    const first = createRegistry().add('Ping', { name: 'first' }, ({ id }) => void firstRuns.push(id));
    const { source, held, clock } = await started({}, { handlers: [first] });
    source.send({ id: 'a' });
    await clock.advance(0);
    source.extendAnswer = refuse('a');
    await clock.advance(15_000);
    held.run('a').fail(held.run('a').signal.reason);
    source.extendAnswer = undefined;
    await clock.advance(30_000);
    expect(firstRuns).toEqual(['a']);
    expect(held.started).toEqual(['a', 'a']);
  });

  test('while the outcome waits for the store does not undo what was done', async () => {
    const { source, held, clock, faults } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    Object.assign(faults.idempotency, { condition: 'down', only: ['completeMany'] });
    held.finishAll();
    source.extendAnswer = refuse('a');
    await clock.advance(20_000);
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(source.settlements).toEqual([]);
    source.extendAnswer = undefined;
    await clock.advance(30_000);
    expect(held.started).toEqual(['a']);
    expect(source.settlements).toMatchObject([{ incoming: { deliveryCount: 2 }, outcome: 'done' }]);
  });

  test('while its dead letter waits for the store leaves neither letter nor "done"', async () => {
    const { source, held, clock, faults, consumer } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    faults.deadLetters.condition = 'down';
    source.extendAnswer = refuse('a');
    await clock.advance(14_999);
    held.run('a').context.reject(new Error('never'));
    held.finishAll();
    await clock.advance(1);
    faults.deadLetters.condition = 'up';
    source.extendAnswer = undefined;
    await clock.advance(40_000);
    expect(held.started).toEqual(['a', 'a']);
    held.finishAll();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['a']);
    expect((await consumer.deadLetters.list()).letters).toEqual([]);
  });

  test('while the broker is asked once more to settle it ends the asking', async () => {
    const { source, held, clock } = await started();
    source.send({ id: 'a' }, { id: 'b' });
    await clock.advance(14_950);
    source.settleAnswer = () => new Error('throttled');
    source.extendAnswer = refuse('a');
    held.finishAll();
    await clock.advance(50);
    source.settleAnswer = undefined;
    await clock.advance(1_000);
    expect(source.settleCalls).toEqual([['a', 'b'], ['b']]);
    expect(source.settledAs('done')).toEqual(['b']);
  });

  test('during a redrive leaves the dead letter where it is', async () => {
    const { source, held, clock, store, faults, consumer } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    held.run('a').context.reject(new Error('never'));
    held.finishAll();
    await clock.advance(0);
    const redrive = consumer.deadLetters.redrive('billing/orders/ping/a');
    await clock.advance(0);
    const claim = newestClaim(faults.idempotency);
    await store.idempotency.releaseMany([{ ...claim, counted: true }]);
    await store.idempotency.claimMany([{ key: claim.key }], { owner: 'other', lease: 10 * minute });
    held.finishAll();
    expect(await redrive).toEqual({ id: 'billing/orders/ping/a', outcome: 'busy' });
    expect((await consumer.deadLetters.list()).letters).toMatchObject([{ redrives: 0, attempts: 1 }]);
  });

  test('before its turn has come keeps the message from running, and does not count as an attempt', async () => {
    const { source, held, clock } = await started({ settings: { concurrency: 1 } });
    source.send({ id: 'a' }, { id: 'b' });
    await clock.advance(0);
    source.extendAnswer = refuse('b');
    await clock.advance(15_000);
    held.finishAll();
    await clock.advance(0);
    expect(held.started).toEqual(['a']);
    source.extendAnswer = undefined;
    await clock.advance(30_000);
    expect(held.started).toEqual(['a', 'b']);
    expect(held.run('b').context.attempt).toBe(1);
  });
});

describe('an extension that fails', () => {
  test.each(['the broker', 'the store'])(
    'at %s is tried again: nothing is lost before the lease has run out',
    async (where) => {
      const { source, held, clock, faults, log } = await started();
      source.send({ id: 'a' });
      await clock.advance(0);
      if (where === 'the broker') source.extendAnswer = () => new Error('throttled');
      else Object.assign(faults.idempotency, { condition: 'down', only: ['extendMany'] });
      await clock.advance(29_000);
      expect(held.run('a').signal.aborted).toBe(false);
      expect(log.lines.filter(({ message }) => message === 'Leases could not be extended.')).toHaveLength(2);
      await clock.advance(1_000);
      expect(held.run('a').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    },
  );

  test.each(['the broker', 'the store'])('at %s for a while is forgotten', async (where) => {
    const { source, held, clock, faults } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    const failing = () => new Error('throttled');
    for (let round = 0; round < 10; round += 1) {
      // A quarter of the lease is left when it works again.
      if (where === 'the broker') source.extendAnswer = failing;
      else Object.assign(faults.idempotency, { condition: 'down', only: ['extendMany'] });
      await clock.advance(15_000);
      source.extendAnswer = undefined;
      faults.idempotency.condition = 'up';
      await clock.advance(7_500);
    }
    expect(held.run('a').signal.aborted).toBe(false);
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ incoming: { deliveryCount: 1 }, outcome: 'done' }]);
  });

  test.each(['the broker', 'the store'])(
    'to come back from %s does not stop time, nor the other heartbeat',
    async (where) => {
      const { source, held, clock, faults } = await started();
      source.send({ id: 'a' });
      await clock.advance(0);
      if (where === 'the broker') source.extendAnswer = () => new Promise(() => {});
      else Object.assign(faults.idempotency, { condition: 'hangs', only: ['extendMany'] });
      await clock.advance(29_000);
      expect(held.run('a').signal.aborted).toBe(false);
      expect(where === 'the broker' ? extensions(faults.idempotency) : source.extended).not.toEqual([]);
      await clock.advance(1_000);
      expect(held.run('a').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    },
  );
});

test('a lease that can not be extended holds as long as it is, for messages in the queue too', async () => {
  const { source, held, clock } = await started(
    {
      unextendable: true,
      settings: { concurrency: 1 },
      capabilities: { lease: { milliseconds: 30_000, maximum: 30_000 } },
    },
    { timeout: 25_000, retry: { attempts: 1 } },
  );
  source.send({ id: 'a' }, { id: 'b' });
  await clock.advance(20_000);
  held.run('a').finish();
  await clock.advance(9_000);
  expect(held.run('b').signal.aborted).toBe(false);
  await clock.advance(1_000);
  expect(held.run('b').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
  held.run('b').finish();
  await clock.advance(5_000);
  expect(source.settledAs('done')).toEqual(['a']);
  // The broker has delivered it again meanwhile.
  expect(held.run('b').message.deliveryCount).toBeGreaterThan(1);
});

describe('a process that stood still for longer than its leases', () => {
  test("has lost the broker's, and does not ask for them again", async () => {
    const { source, held, clock } = await started();
    source.send({ id: 'a' });
    await clock.advance(0);
    const run = held.run('a');
    clock.stall(10 * minute);
    await clock.advance(0);
    expect(run.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(source.extended).toEqual([]);
    // It came again, and its claim had run out too.
    expect(held.run('a').context).toMatchObject({ attempt: 2, fence: 2 });
    run.finish();
    await clock.advance(0);
    expect(source.settlements).toEqual([]);
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ incoming: { deliveryCount: 2 }, outcome: 'done' }]);
  });

  test('has kept its claims when nobody has taken them over', async () => {
    const { source, held, clock } = await startedLog();
    source.append({ id: 'a' });
    await clock.advance(0);
    clock.stall(10 * minute);
    await clock.advance(0);
    expect(held.run('a').signal.aborted).toBe(false);
    held.finishAll();
    await clock.advance(1_000);
    expect(held.started).toEqual(['a']);
  });

  test('has lost those that somebody has', async () => {
    const { source, held, clock, store } = await startedLog();
    source.append({ id: 'a' });
    await clock.advance(0);
    clock.stall(10 * minute);
    await store.idempotency.claimMany([{ key: 'billing/ping/a' }], { owner: 'other', lease: minute });
    await clock.advance(0);
    expect(held.run('a').signal.reason).toMatchObject({ code: 'LEASE_LOST' });
  });
});

describe('where nobody delivers again, a lost claim', () => {
  test('is asked for anew: the event runs again when it is free, and its marker waits for that', async () => {
    const { source, held, clock, store, faults } = await startedLog({ markers: { every: 1 } });
    source.append({ id: 'a' }, { id: 'b' });
    await clock.advance(0);
    held.run('b').finish();
    const claim = claimOf(faults.idempotency, 'a');
    await store.idempotency.releaseMany([{ ...claim, counted: true }]);
    await clock.advance(15_000);
    const stale = held.run('a');
    expect(stale.signal.reason).toMatchObject({ code: 'LEASE_LOST' });
    expect(stale.context.fence).toBe(1);
    stale.finish();
    await clock.advance(99);
    expect(held.started).toEqual(['a', 'b']);
    await clock.advance(1);
    expect(held.started).toEqual(['a', 'b', 'a']);
    expect(held.run('a').context).toMatchObject({ attempt: 2, redelivered: true, fence: 2 });
    // What the stale run sees of itself stays what it was.
    expect(stale.context.fence).toBe(1);
    expect(await store.replay.load('billing/journal/')).toBeUndefined();
    held.run('a').finish();
    await clock.advance(0);
    expect(await store.replay.load('billing/journal/')).toMatchObject({ position: 'p2' });
  });

  test('because the store could not be reached in time is got back when it can', async () => {
    const { source, held, clock, faults } = await startedLog();
    source.append({ id: 'a' });
    await clock.advance(0);
    Object.assign(faults.idempotency, { condition: 'down', only: ['extendMany'] });
    await clock.advance(30_500);
    faults.idempotency.condition = 'up';
    held.run('a').fail(held.run('a').signal.reason);
    await clock.advance(5 * minute);
    expect(held.started).toEqual(['a', 'a']);
    expect(held.run('a').signal.aborted).toBe(false);
    held.finishAll();
    await clock.advance(5 * minute);
    expect(held.started).toEqual(['a', 'a']);
  });

  test('that comes to light when the outcome is stored does too: done elsewhere counts', async () => {
    const { source, held, clock, store, faults, consumer } = await startedLog({ markers: { every: 1 } });
    source.append({ id: 'a' });
    await clock.advance(0);
    const claim = claimOf(faults.idempotency, 'a');
    await store.idempotency.releaseMany([{ ...claim, counted: true }]);
    await store.idempotency.claimMany([{ key: claim.key }], { owner: 'other', lease: 10 * minute });
    held.finishAll();
    await clock.advance(6_000);
    expect(await store.replay.load('billing/journal/')).toBeUndefined();
    expect(consumer.health().sources['journal']?.inFlight).toBe(1);
    await store.idempotency.completeMany([{ ...claim, owner: 'other', fence: 2 }], { retention: minute });
    await clock.advance(5_000);
    expect(held.started).toEqual(['a']);
    expect(await store.replay.load('billing/journal/')).toMatchObject({ position: 'p1' });
    expect(consumer.health().sources['journal']?.inFlight).toBe(0);
  });
});
