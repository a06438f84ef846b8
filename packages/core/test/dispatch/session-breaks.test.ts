import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import type { ScriptedSource, ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started(sourceOptions: ScriptedSourceOptions = {}, options: BenchOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedSource({ clock, settings: { concurrency: 2 }, ...sourceOptions });
  const set = bench(source, { timeout: false, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  const health = () => set.consumer.health().sources['orders'];
  return { ...set, source, held, health };
}

const reset = new Error('connection reset');
const refusing = () => Promise.reject(new Error('refused'));

describe('a session that breaks', () => {
  test('the source can tell the first open of a start from those that follow', async () => {
    const { source, clock, idle } = await started();
    expect(source.context?.starting).toBe(true);
    source.breakSession(reset);
    await idle();
    await clock.advance(1_000);
    expect(source.opened).toBe(2);
    expect(source.context?.starting).toBe(false);
  });

  test('lets running handlers end and settles them, gives back the rest, is closed, and another one opens', async () => {
    const { source, held, clock, health, idle } = await started();
    source.send({ id: 'a' }, { id: 'b' }, { id: 'c' });
    await idle();
    const broken = source.context;
    source.breakSession(reset);
    await idle();
    expect(broken?.signal.aborted).toBe(true);
    expect(source.settledAs('release')).toEqual(['c']);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: { code: 'SOURCE_FAILED', message: 'Source "orders" broke off. Cause: connection reset' },
      inFlight: 2,
    });
    held.run('a').finish();
    await idle();
    expect(source.settledAs('done')).toEqual(['a']);
    expect(source.closed).toBe(0);
    held.run('b').fail(new Error('no'));
    await idle();
    expect(source.settledAs('retry')).toEqual(['b']);
    expect([source.opened, source.closed]).toEqual([1, 1]);
    await clock.advance(1_000);
    expect(source.opened).toBe(2);
    expect(health()).toMatchObject({ status: 'ready', reason: undefined });
    held.finishAll();
    await clock.advance(10_000);
    held.finishAll();
    await idle();
    expect([...source.settledAs('done')].sort()).toEqual(['a', 'b', 'c']);
  });

  test('is one that ends by itself, too', async () => {
    const { source, clock, health, idle } = await started();
    source.endSession();
    await idle();
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: { message: 'Source "orders" ended by itself.' },
    });
    await clock.advance(1_000);
    expect([source.opened, source.closed]).toEqual([2, 1]);
    expect(health()?.status).toBe('ready');
  });

  test('does not wait for ever for a handler', async () => {
    const { source, held, clock, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    source.breakSession(reset);
    await clock.advance(20_000);
    expect(held.run('a').signal.reason).toMatchObject({ code: 'DRAIN_TIMEOUT' });
    await clock.advance(2_000);
    expect([source.opened, source.closed]).toEqual([2, 1]);
  });

  test('and can settle no more leaves it to the broker, and what was done is not done again', async () => {
    const { source, held, clock, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    source.settleAnswer = () => reset;
    source.breakSession(reset);
    held.finishAll();
    await clock.advance(10_000);
    expect(source.settlements).toEqual([]);
    expect([source.opened, source.closed]).toEqual([2, 1]);
    source.settleAnswer = undefined;
    await clock.advance(30_000);
    expect(held.started).toEqual(['a']);
    expect(source.settlements).toMatchObject([{ incoming: { id: 'a', deliveryCount: 2 }, outcome: 'done' }]);
  });

  test('leaves no timer behind', async () => {
    const { source, clock, consumer, idle } = await started();
    const before = clock.pending;
    for (let round = 0; round < 20; round += 1) {
      source.breakSession(reset);
      await clock.advance(31_000);
      expect(clock.pending).toBe(before);
    }
    await idle();
    await consumer.stop();
    expect(clock.pending).toBe(0);
    expect(source.opened).toBe(source.closed);
  });

  test('goes on where its markers say', async () => {
    const clock = manualClock();
    const source = scriptedLog();
    const { consumer, idle } = bench(source, { clock, timeout: false });
    const held = heldHandler();
    consumer.on('Ping', { name: 'ping' }, held.handle);
    await consumer.start();
    source.append({}, {}, {});
    await idle();
    held.run('e1').finish();
    held.run('e3').finish();
    await idle();
    source.breakSession(reset);
    await idle();
    held.run('e2').fail(new Error('no'));
    await clock.advance(2_000);
    expect(source.starts.map(({ start }) => start)).toEqual(['earliest', { after: 'p1' }]);
    await idle();
    expect(held.started).toEqual(['e1', 'e2', 'e3', 'e2']);
  });
});

describe('opening again', () => {
  /** When it was tried, counted from the break. */
  async function tries(source: ScriptedSource, clock: ReturnType<typeof manualClock>, until: number) {
    const at: number[] = [];
    const from = clock.monotonic();
    source.openAnswer = () => {
      at.push(clock.monotonic() - from);
      return refusing();
    };
    source.breakSession(reset);
    await clock.advance(until);
    return at;
  }

  test('is tried less and less often, up to every 30 s', async () => {
    const { source, clock } = await started();
    expect(await tries(source, clock, 150_000)).toEqual([
      1_000, 3_000, 7_000, 15_000, 31_000, 61_000, 91_000, 121_000,
    ]);
  });

  test('comes at times drawn at random, so that many do not come at once', async () => {
    const { source, clock } = await started({}, { random: () => 0 });
    expect(await tries(source, clock, 20_000)).toEqual([500, 1_500, 3_500, 7_500, 15_500]);
  });

  test('starts with short waits again after a session that lasted', async () => {
    const { source, clock } = await started();
    await tries(source, clock, 40_000);
    source.openAnswer = undefined;
    await clock.advance(60_000);
    expect(source.opened).toBe(2);
    expect((await tries(source, clock, 3_000)).slice(0, 2)).toEqual([1_000, 3_000]);
  });

  test('does not, after one that broke at once', async () => {
    const { source, clock } = await started();
    source.breakSession(reset);
    await clock.advance(1_000);
    expect(source.opened).toBe(2);
    expect(await tries(source, clock, 6_000)).toEqual([2_000, 6_000]);
  });

  test('keeps the source degraded, with the reason why, until it works', async () => {
    const { source, clock, health } = await started();
    await tries(source, clock, 5_000);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: {
        code: 'SOURCE_FAILED',
        message: 'Source "orders" could not be opened again yet. Cause: refused',
      },
    });
    source.openAnswer = undefined;
    await clock.advance(5_000);
    expect(health()?.status).toBe('ready');
  });

  test('is tried again when it is a store that is down', async () => {
    const clock = manualClock();
    const source = scriptedLog();
    const { consumer, faults } = bench(source, { clock });
    consumer.on('Ping', () => {});
    await consumer.start();
    faults.replay.condition = 'down';
    source.breakSession(reset);
    await clock.advance(60_000);
    expect(consumer.health().status).toBe('degraded');
    faults.replay.condition = 'up';
    await clock.advance(30_000);
    expect(consumer.health().status).toBe('ready');
  });
});

describe('a source that can not be opened again, and says so', () => {
  const gone = () => Promise.reject(new MillraceError('SOURCE_FAILED', 'The queue was deleted.'));

  async function failing(options: BenchOptions = {}) {
    const clock = manualClock();
    const orders = scriptedSource({ clock, name: 'orders' });
    const refunds = scriptedSource({ clock, name: 'refunds' });
    const set = bench([orders, refunds], { clock, ...options });
    const seen: string[] = [];
    set.consumer.on('Ping', ({ id }) => void seen.push(id));
    const running = set.consumer.run().catch((error: unknown) => error);
    await clock.advance(0);
    orders.openAnswer = gone;
    orders.breakSession(reset);
    await clock.advance(1_000);
    return { ...set, orders, refunds, seen, running };
  }

  test('has failed: the consumer stops, and run() rejects', async () => {
    const { consumer, refunds, running, log } = await failing();
    expect(await running).toMatchObject({
      code: 'SOURCE_FAILED',
      message: 'Source "orders" has failed and reads no more: The queue was deleted.',
      cause: { message: 'The queue was deleted.' },
    });
    expect(consumer.health()).toMatchObject({
      status: 'failed',
      sources: {
        orders: { status: 'failed', reason: { code: 'SOURCE_FAILED' } },
        refunds: { status: 'stopped' },
      },
    });
    expect(refunds.closed).toBe(1);
    expect(log.lines.some(({ level, message }) => level === 'error' && message.includes('has failed'))).toBe(
      true,
    );
  });

  test('lets others go on, when the options say so', async () => {
    const { consumer, orders, refunds, seen, running, clock } = await failing({
      onSourceFailure: 'continue',
    });
    refunds.send({ id: 'r' });
    await clock.advance(60_000);
    expect(seen).toEqual(['r']);
    expect(consumer.health()).toMatchObject({
      status: 'failed',
      sources: { orders: { status: 'failed' }, refunds: { status: 'ready' } },
    });
    expect(orders.opened).toBe(1);
    await consumer.stop();
    expect(await running).toBeUndefined();
  });
});
