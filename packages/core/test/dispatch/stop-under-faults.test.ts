import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';
import { timeTaken } from '../support/stopping.ts';

const drainTimeout = 20_000;
/** What the options promise on top of it. */
const most = drainTimeout + 10_000;

async function started(sourceOptions: ScriptedSourceOptions = {}, options: BenchOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedSource({ clock, ...sourceOptions });
  const set = bench(source, { timeout: false, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held, timers: () => clock.pending - source.timers };
}

async function startedLog(options: BenchOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedLog();
  const set = bench(source, { timeout: false, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

const never = () => new Promise<never>(() => {});

describe('stop() ends in time', () => {
  test('while a source hangs in opening', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    source.openAnswer = never;
    const { consumer } = bench(source, { clock });
    consumer.on('Ping', () => {});
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(60_000);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(await start).toMatchObject({ code: 'CONSUMER_STATE' });
    expect(clock.pending).toBe(0);
  });

  test('while a source hangs in opening again', async () => {
    const { source, consumer, clock, timers } = await started();
    source.openAnswer = never;
    source.breakSession(new Error('connection reset'));
    await clock.advance(60_000);
    expect(consumer.health().status).toBe('degraded');
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(timers()).toBe(0);
    expect(consumer.health().status).toBe('stopped');
  });

  test('between two tries to open', async () => {
    const { source, consumer, clock, timers } = await started();
    source.openAnswer = async () => {
      throw new Error('refused');
    };
    source.breakSession(new Error('connection reset'));
    await clock.advance(60_000);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(timers()).toBe(0);
  });

  test('while receiving hangs: what was handled is acknowledged all the same', async () => {
    const { source, held, consumer, clock, timers, idle } = await started();
    source.deaf = true;
    source.send({ id: 'a' }, { id: 'b' });
    await idle();
    held.run('a').finish();
    await idle();
    const stopped = consumer.stop();
    held.run('b').finish();
    expect(await timeTaken(clock, stopped)).toBeLessThanOrEqual(most);
    expect(source.settledAs('done')).toEqual(['a', 'b']);
    expect(source.closed).toBe(1);
    expect(timers()).toBe(0);
  });

  test('while the broker hangs in settling', async () => {
    const { source, held, consumer, clock, timers, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    source.settleAnswer = never;
    held.finishAll();
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    expect(source.closed).toBe(1);
    expect(timers()).toBe(0);
  });

  test('while the broker refuses to settle', async () => {
    const { source, held, consumer, clock, timers, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    source.settleAnswer = () => new Error('connection reset');
    held.finishAll();
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    expect(timers()).toBe(0);
  });

  test.each(['down', 'hangs'] as const)(
    'while the idempotency store is %s, and nothing is acknowledged that is not recorded',
    async (condition) => {
      const { source, held, consumer, clock, faults, timers, idle } = await started();
      source.send({ id: 'a' }, { id: 'b' });
      await idle();
      faults.idempotency.condition = condition;
      held.run('a').finish();
      source.send({ id: 'c' });
      await idle();
      const stopped = consumer.stop();
      held.run('b').fail(new Error('no'));
      expect(await timeTaken(clock, stopped)).toBeLessThanOrEqual(most);
      expect(source.settledAs('done')).toEqual([]);
      expect(source.settledAs('retry')).toEqual([]);
      expect(held.started).toEqual(['a', 'b']);
      expect(timers()).toBe(0);
    },
  );

  test.each(['down', 'hangs'] as const)(
    'while the dead-letter store is %s, and no event is let go without its letter',
    async (condition) => {
      const { source, held, consumer, clock, faults, log, timers, idle } = await started();
      source.send({ id: 'a' }, { id: 'b' });
      await idle();
      faults.deadLetters.condition = condition;
      held.run('a').context.reject(new Error('never'));
      held.finishAll();
      await idle();
      expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
      expect(source.settlements.map(({ incoming, outcome }) => `${incoming.id} ${outcome}`)).toEqual([
        'b done',
      ]);
      expect(log.lines.map(({ message }) => message)).not.toContain(
        'An event was given up on and kept as a dead letter.',
      );
      expect(timers()).toBe(0);
    },
  );

  test.each(['down', 'hangs'] as const)('while the replay storage is %s', async (condition) => {
    const { source, held, consumer, clock, faults, store, idle } = await startedLog();
    source.append({}, {});
    await idle();
    faults.replay.condition = condition;
    held.finishAll();
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    expect(clock.pending).toBe(0);
    expect(await store.replay.load('billing/journal/')).toBeUndefined();
  });

  test('while one store hangs, and the markers in the other are written', async () => {
    const { source, held, consumer, clock, faults, store, idle } = await startedLog();
    source.append({}, {});
    await idle();
    held.run('e1').finish();
    await idle();
    faults.idempotency.condition = 'hangs';
    held.run('e2').finish();
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    expect(await store.replay.load('billing/journal/')).toMatchObject({ position: 'p1' });
    expect(clock.pending).toBe(0);
  });

  test.each([
    ['hangs', never],
    ['rejects', () => Promise.reject(new Error('was closed'))],
    [
      'throws',
      () => {
        throw new Error('was closed');
      },
    ],
  ])('when closing %s', async (_, close) => {
    const { source, held, consumer, clock, timers, idle } = await started();
    source.closeAnswer = close;
    source.send({ id: 'a' });
    await idle();
    held.finishAll();
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    expect(source.settledAs('done')).toEqual(['a']);
    expect(timers()).toBe(0);
    expect(consumer.health().status).toBe('stopped');
  });

  test('when everything hangs at once, and no handler stops', async () => {
    const { source, consumer, clock, faults, timers, idle } = await started();
    source.deaf = true;
    source.send({ id: 'a' }, { id: 'b' });
    await idle();
    source.settleAnswer = never;
    source.extendAnswer = never;
    source.closeAnswer = never;
    for (const fault of Object.values(faults)) fault.condition = 'hangs';
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(most);
    expect(timers()).toBe(0);
    expect(source.settlements).toEqual([]);
  });

  test('at once, nearly, when there is no time to lose', async () => {
    const { source, consumer, clock, faults, idle } = await started();
    source.deaf = true;
    source.send({ id: 'a' });
    await idle();
    source.settleAnswer = never;
    source.closeAnswer = never;
    for (const fault of Object.values(faults)) fault.condition = 'hangs';
    expect(await timeTaken(clock, consumer.stop({ now: true }))).toBeLessThanOrEqual(10_000);
  });
});

describe('what comes to life after the stop', () => {
  test('sets no timer and changes nothing: a settlement', async () => {
    const { source, held, consumer, clock, timers, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const answer = Promise.withResolvers<undefined>();
    source.settleAnswer = () => answer.promise;
    held.finishAll();
    await idle();
    await timeTaken(clock, consumer.stop());
    answer.resolve(undefined);
    await clock.advance(0);
    expect(timers()).toBe(0);
  });

  test('sets no timer and changes nothing: a receive', async () => {
    const { source, held, consumer, clock, timers } = await started({
      capabilities: { settleBatch: { size: 10, linger: 5_000 } },
    });
    source.deaf = true;
    await timeTaken(clock, consumer.stop());
    source.send({ id: 'late' });
    await clock.advance(0);
    expect(source.backlog).toEqual([]);
    expect(timers()).toBe(0);
    await clock.advance(60_000);
    expect(held.started).toEqual([]);
    expect(source.settledAs('done')).toEqual([]);
    expect(timers()).toBe(0);
  });

  test('sets no timer and changes nothing: a store', async () => {
    const clock = manualClock();
    const source = scriptedLog();
    const { consumer, store, idle } = bench(source, { clock });
    const completing = Promise.withResolvers<void>();
    const { completeMany } = store.idempotency;
    Object.assign(store.idempotency, {
      async completeMany(...args: Parameters<typeof completeMany>) {
        await completing.promise;
        return await completeMany(...args);
      },
    });
    const held = heldHandler();
    consumer.on('Ping', { name: 'ping' }, held.handle);
    await consumer.start();
    source.append({});
    await idle();
    held.finishAll();
    await idle();
    await timeTaken(clock, consumer.stop());
    completing.resolve();
    await clock.advance(0);
    expect(clock.pending).toBe(0);
    await clock.advance(60_000);
    expect(await store.replay.load('billing/journal/')).toBeUndefined();
  });
});

describe('of a source that only one consumer may read, stop()', () => {
  const exclusive = { capabilities: { exclusive: true } };
  const name = 'billing/orders/';

  test('gives the ownership back', async () => {
    const { consumer, clock, store } = await started(exclusive);
    expect(await store.ownership.acquire(name, { owner: 'next', lease: 1 })).toBeUndefined();
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(await store.ownership.acquire(name, { owner: 'next', lease: 1 })).toMatchObject({ owner: 'next' });
    expect(clock.pending).toBe(0);
  });

  test('ends the wait of one that stands by', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock, ...exclusive });
    const { consumer, store } = bench(source, { clock });
    consumer.on('Ping', () => {});
    await store.ownership.acquire(name, { owner: 'other', lease: 3_600_000 });
    await consumer.start();
    await clock.advance(60_000);
    expect(source.opened).toBe(0);
    expect(consumer.health().sources['orders']?.standby).toBe(true);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test.each(['acquire', 'extend', 'release'])('does not wait for a store that hangs in %s', async (call) => {
    const clock = manualClock();
    const source = scriptedSource({ clock, ...exclusive });
    const { consumer, faults } = bench(source, { clock });
    consumer.on('Ping', () => {});
    Object.assign(faults.ownership, { condition: 'hangs', only: [call] });
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    await start;
    expect(clock.pending).toBe(0);
  });

  test.each(['acquire', 'extend', 'release'])('does not mind a store that fails in %s', async (call) => {
    const clock = manualClock();
    const source = scriptedSource({ clock, ...exclusive });
    const { consumer, faults } = bench(source, { clock });
    consumer.on('Ping', () => {});
    Object.assign(faults.ownership, { condition: 'down', only: [call] });
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(10_000);
    expect(await timeTaken(clock, consumer.stop())).toBeLessThanOrEqual(10_000);
    await start;
    expect(clock.pending).toBe(0);
    expect(source.opened).toBe(source.closed);
  });

  test('while it is opened gives the ownership back too, and so does a start that fails', async () => {
    const clock = manualClock();
    for (const open of [never, () => Promise.reject(new MillraceError('SOURCE_FAILED', 'No such queue.'))]) {
      const source = scriptedSource({ clock, ...exclusive });
      source.openAnswer = open;
      const { consumer, store } = bench(source, { clock });
      consumer.on('Ping', () => {});
      const start = consumer.start().catch((error: unknown) => error);
      await clock.advance(0);
      await timeTaken(clock, consumer.stop());
      await start;
      expect(await store.ownership.acquire(name, { owner: 'next', lease: 1 })).toMatchObject({
        owner: 'next',
      });
      expect(clock.pending).toBe(0);
    }
  });

  test('an ownership that comes after the stop is given back', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock, ...exclusive });
    const { consumer, store } = bench(source, { clock });
    consumer.on('Ping', () => {});
    const asked = Promise.withResolvers<void>();
    const { acquire } = store.ownership;
    Object.assign(store.ownership, {
      async acquire(...args: Parameters<typeof acquire>) {
        await asked.promise;
        return await acquire(...args);
      },
    });
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(0);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    await start;
    asked.resolve();
    await clock.advance(0);
    expect(await acquire(name, { owner: 'next', lease: 1 })).toMatchObject({ owner: 'next' });
    expect(clock.pending).toBe(0);
    expect(source.opened).toBe(0);
  });

  test('and a source that has failed for good does not keep others from reading', async () => {
    const { source, consumer, clock, store } = await started(exclusive, { onSourceFailure: 'continue' });
    source.openAnswer = () => Promise.reject(new MillraceError('SOURCE_FAILED', 'No such queue.'));
    source.breakSession(new Error('connection reset'));
    await clock.advance(30_000);
    expect(consumer.health().status).toBe('failed');
    expect(await store.ownership.acquire(name, { owner: 'next', lease: 1 })).toMatchObject({ owner: 'next' });
  });
});
