import { describe, expect, test } from 'vitest';

import type { StandardSchemaV1 } from '@standard-schema/spec';
import { MillraceError } from '../../src/errors.ts';
import type { ReplayStorage } from '../../src/ports/replay-storage.ts';
import { createRegistry } from '../../src/registry.ts';
import type { Check, Source } from '../../src/source.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { queueCapabilities } from '../support/capabilities.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';
import { timeTaken } from '../support/stopping.ts';

const drainTimeout = 20_000;

async function started(sourceOptions: ScriptedSourceOptions = {}, options: BenchOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedSource({ clock, settings: { concurrency: 2, prefetch: 8 }, ...sourceOptions });
  const set = bench(source, { timeout: false, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  const told = () => source.settlements.map(({ incoming, outcome }) => `${incoming.id} ${outcome}`);
  /** Timers that the consumer has set. */
  const timers = () => clock.pending - source.timers;
  return { ...set, source, held, told, timers };
}

describe('after stop()', () => {
  test('running handlers end and are acknowledged, what was not started goes back, and no handler starts', async () => {
    const { source, held, consumer, clock, told, timers, idle } = await started();
    source.send({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd' });
    await idle();
    const stopped = consumer.stop();
    await idle();
    expect(told()).toEqual(['c release', 'd release']);
    held.run('a').finish();
    await clock.advance(10_000);
    expect(held.started).toEqual(['a', 'b']);
    expect(held.run('b').signal.aborted).toBe(false);
    expect(consumer.health().status).toBe('draining');
    held.run('b').finish();
    expect(await timeTaken(clock, stopped)).toBe(0);
    expect(told()).toEqual(['c release', 'd release', 'a done', 'b done']);
    expect(held.started).toEqual(['a', 'b']);
    expect(source.closed).toBe(1);
    expect(consumer.health()).toMatchObject({ status: 'stopped', sources: { orders: { inFlight: 0 } } });
    expect(timers()).toBe(0);
  });

  test('what goes back has no attempt counted against it, and its claim is free', async () => {
    const { source, held, consumer, store, clock, idle } = await started();
    source.send({ id: 'a' }, { id: 'b' }, { id: 'c' });
    await idle();
    const stopped = consumer.stop();
    held.finishAll();
    await timeTaken(clock, stopped);
    const verdicts = await store.idempotency.claimMany([{ key: 'billing/ping/c' }], {
      owner: 'next',
      lease: 1,
    });
    expect(verdicts).toMatchObject([{ status: 'claimed', attempt: 1, takeover: false }]);
  });

  test('a lane goes back in its order, behind the one that runs', async () => {
    const { source, held, consumer, clock, told, idle } = await started({
      capabilities: { order: 'perKey' },
    });
    source.send(...['a1', 'a2', 'a3', 'b1', 'b2'].map((id) => ({ id, key: id.slice(0, 1) })));
    await idle();
    const stopped = consumer.stop();
    held.finishAll();
    await timeTaken(clock, stopped);
    expect(told().filter((line) => line.endsWith('release'))).toEqual([
      'a2 release',
      'a3 release',
      'b2 release',
    ]);
  });

  test('the second handler of a message does not start, and the first is done', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { consumer, store, idle } = bench(source, { clock });
    const first = heldHandler();
    const second = heldHandler();
    consumer.on('Ping', { name: 'first' }, first.handle).on('Ping', { name: 'second' }, second.handle);
    await consumer.start();
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    first.finishAll();
    await timeTaken(clock, stopped);
    expect(second.started).toEqual([]);
    expect(source.settledAs('release')).toEqual(['a']);
    const verdicts = await store.idempotency.claimMany(
      [{ key: 'billing/first/a' }, { key: 'billing/second/a' }],
      { owner: 'next', lease: 1 },
    );
    expect(verdicts).toMatchObject([{ status: 'done' }, { status: 'claimed', attempt: 1 }]);
  });

  test('a handler does not start whose payload was still being validated', async () => {
    const validated = Promise.withResolvers<{ readonly value: unknown }>();
    const schema: StandardSchemaV1 = {
      '~standard': { version: 1, vendor: 'test', validate: () => validated.promise },
    };
    const held = heldHandler();
    const { source, consumer, clock, told, idle } = await started(
      {},
      { handlers: [createRegistry().add('Checked', { name: 'checked', schema }, held.handle)] },
    );
    source.send({ id: 'a', type: 'Checked' });
    await idle();
    const stopped = consumer.stop();
    await idle();
    validated.resolve({ value: 1 });
    await timeTaken(clock, stopped);
    expect(held.started).toEqual([]);
    expect(told()).toEqual(['a release']);
  });

  test('what a last poll still brings goes back, whatever it is', async () => {
    const { source, held, consumer, clock, told, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    source.lastPoll = [
      { id: 'late' },
      { id: 'bad', failure: new MillraceError('PAYLOAD_UNDECODABLE', 'No.') },
      { id: 'what', type: 'Unknown' },
    ];
    const stopped = consumer.stop();
    await idle();
    held.finishAll();
    await timeTaken(clock, stopped);
    expect(told()).toEqual(['late release', 'bad release', 'what release', 'a done']);
    expect(held.started).toEqual(['a']);
    expect((await consumer.deadLetters.list()).letters).toEqual([]);
  });

  test('acknowledgements do not wait for company', async () => {
    const { source, held, consumer, clock, told, idle } = await started({
      capabilities: { settleBatch: { size: 10, linger: 60_000 } },
    });
    source.send({ id: 'a' });
    await idle();
    held.finishAll();
    await idle();
    expect(told()).toEqual([]);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(told()).toEqual(['a done']);
  });

  test('the session stays open until the broker has answered', async () => {
    const { source, held, consumer, clock, told, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const answer = Promise.withResolvers<undefined>();
    source.settleAnswer = () => answer.promise;
    held.finishAll();
    await idle();
    const stopped = consumer.stop();
    await clock.advance(2_000);
    expect(source.closed).toBe(0);
    answer.resolve(undefined);
    expect(await timeTaken(clock, stopped)).toBe(0);
    expect(told()).toEqual(['a done']);
    expect(source.closed).toBe(1);
  });

  test('a message that waits to run again in place goes back, with its runs counted', async () => {
    const { source, held, consumer, clock, store, told, timers, idle } = await started(
      {},
      { retry: { where: 'in-place', delay: 60_000 } },
    );
    source.send({ id: 'a' });
    await idle();
    held.run('a').fail(new Error('no'));
    await idle();
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(told()).toEqual(['a release']);
    expect(timers()).toBe(0);
    const verdicts = await store.idempotency.claimMany([{ key: 'billing/ping/a' }], {
      owner: 'next',
      lease: 1,
    });
    expect(verdicts).toMatchObject([{ status: 'claimed', attempt: 2 }]);
  });

  test('so does one whose handler fails meanwhile and is to run again in place', async () => {
    const { source, held, consumer, clock, told, timers, idle } = await started(
      {},
      { retry: { where: 'in-place' } },
    );
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    held.run('a').fail(new Error('no'));
    expect(await timeTaken(clock, stopped)).toBe(0);
    expect(told()).toEqual(['a release']);
    expect(timers()).toBe(0);
  });

  test('a source that waits for room is told that there will be none', async () => {
    const clock = manualClock();
    const rooms: number[] = [];
    const source: Source = {
      name: 'orders',
      capabilities: queueCapabilities,
      settings: { concurrency: 1, prefetch: 0 },
      async open() {
        return {
          async *receive(demand) {
            for (let id = 1; ; id += 1) {
              rooms.push(await demand.reserve(5));
              if (rooms.at(-1) === 0) return;
              yield [{ id: `m${id}`, type: 'Ping', data: 1, headers: {}, raw: '1' }];
            }
          },
          async settle() {},
          async close() {},
        };
      },
    };
    const { consumer, idle } = bench(source, { clock });
    const held = heldHandler();
    consumer.on('Ping', { name: 'ping' }, held.handle);
    await consumer.start();
    await idle();
    const stopped = consumer.stop();
    await idle();
    expect(rooms).toEqual([1, 0]);
    held.finishAll();
    expect(await timeTaken(clock, stopped)).toBe(0);
  });

  test('a handler that fails by itself is retried by the broker as ever', async () => {
    const { source, held, consumer, clock, told, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    held.run('a').fail(new Error('no'));
    await timeTaken(clock, stopped);
    expect(told()).toEqual(['a retry']);
  });

  test('every source is drained, each by itself', async () => {
    const clock = manualClock();
    const orders = scriptedSource({ clock, name: 'orders' });
    const refunds = scriptedSource({ clock, name: 'refunds' });
    const { consumer, idle } = bench([orders, refunds], { clock });
    const held = heldHandler();
    consumer.on('Ping', { name: 'ping' }, held.handle);
    await consumer.start();
    orders.send({ id: 'o' });
    refunds.send({ id: 'r' });
    await idle();
    const stopped = consumer.stop();
    held.run('r').finish();
    await idle();
    expect(refunds.settledAs('done')).toEqual(['r']);
    expect(refunds.closed).toBe(1);
    expect(orders.closed).toBe(0);
    held.run('o').finish();
    await timeTaken(clock, stopped);
    expect(orders.settledAs('done')).toEqual(['o']);
  });
});

describe('a handler that is still at work when the time to drain is over', () => {
  test('is told to stop, and its message goes back with the run counted, however few attempts it has', async () => {
    const { source, held, consumer, clock, store, told, timers, idle } = await started(
      {},
      { retry: { attempts: 1 } },
    );
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    await clock.advance(drainTimeout - 1);
    expect(held.run('a').signal.aborted).toBe(false);
    await clock.advance(1);
    expect(held.run('a').signal.reason).toMatchObject({ code: 'DRAIN_TIMEOUT' });
    held.run('a').fail(held.run('a').signal.reason);
    expect(await timeTaken(clock, stopped)).toBe(0);
    expect(told()).toEqual(['a release']);
    expect((await consumer.deadLetters.list()).letters).toEqual([]);
    expect(timers()).toBe(0);
    // It may have had an effect, and the next run is told so.
    const verdicts = await store.idempotency.claimMany([{ key: 'billing/ping/a' }], {
      owner: 'next',
      lease: 1,
    });
    expect(verdicts).toMatchObject([{ status: 'claimed', attempt: 2 }]);
  });

  test('is done when it ends well in the time it has to stop', async () => {
    const { source, held, consumer, clock, told, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    await clock.advance(drainTimeout + 500);
    held.run('a').finish();
    await timeTaken(clock, stopped);
    expect(told()).toEqual(['a done']);
  });

  test('is left alone when it does not stop: nothing is said of its message, and its claim keeps others out', async () => {
    const { source, held, consumer, clock, store, told, timers, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    expect(await timeTaken(clock, stopped)).toBe(drainTimeout + 1_000);
    expect(told()).toEqual([]);
    expect(timers()).toBe(0);
    const claim = () => store.idempotency.claimMany([{ key: 'billing/ping/a' }], { owner: 'next', lease: 1 });
    expect(await claim()).toMatchObject([{ status: 'busy' }]);
    held.run('a').finish();
    await clock.advance(30_000);
    expect(told()).toEqual([]);
    expect(await claim()).toMatchObject([{ status: 'claimed', attempt: 2, takeover: true }]);
    expect(timers()).toBe(0);
  });

  test('has as long as the options say', async () => {
    const { source, held, consumer, clock, idle } = await started({}, { drainTimeout: 3_000 });
    source.send({ id: 'a' });
    await idle();
    void consumer.stop();
    await clock.advance(2_999);
    expect(held.run('a').signal.aborted).toBe(false);
    await clock.advance(1);
    expect(held.run('a').signal.aborted).toBe(true);
  });

  test('keeps its leases until then', async () => {
    const { source, held, consumer, clock, told, idle } = await started({}, { drainTimeout: 120_000 });
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop();
    await clock.advance(100_000);
    held.run('a').finish();
    await timeTaken(clock, stopped);
    expect(told()).toEqual(['a done']);
  });
});

describe('stop() may be called', () => {
  test('with no time to lose', async () => {
    const { source, held, consumer, clock, told, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const stopped = consumer.stop({ now: true });
    await idle();
    expect(held.run('a').signal.reason).toMatchObject({ code: 'DRAIN_TIMEOUT' });
    held.run('a').fail(new Error('aborted'));
    expect(await timeTaken(clock, stopped)).toBe(0);
    expect(told()).toEqual(['a release']);
  });

  test('twice: both wait for the same end, and what comes after is over at once', async () => {
    const { source, held, consumer, clock, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const both = Promise.all([consumer.stop(), consumer.stop()]);
    await clock.advance(1_000);
    held.finishAll();
    await timeTaken(clock, both);
    expect(source.closed).toBe(1);
    const again = consumer.stop({ now: true });
    expect(consumer.health().status).toBe('stopped');
    expect(await timeTaken(clock, again)).toBe(0);
  });

  test('again to hurry', async () => {
    const { source, held, consumer, clock, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    const first = consumer.stop();
    await clock.advance(5_000);
    expect(held.run('a').signal.aborted).toBe(false);
    const second = consumer.stop({ now: true });
    await idle();
    expect(held.run('a').signal.aborted).toBe(true);
    held.run('a').fail(new Error('aborted'));
    expect(await timeTaken(clock, Promise.all([first, second]))).toBe(0);
    expect(source.closed).toBe(1);
  });

  test('before the start, which then is refused', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { consumer } = bench(source, { clock });
    consumer.on('Ping', () => {});
    await consumer.stop();
    await expect(consumer.start()).rejects.toMatchObject({ code: 'CONSUMER_STATE' });
    expect(source.opened).toBe(0);
    expect(consumer.health().status).toBe('stopped');
  });

  test('while it starts: the start is refused, and a session that opens all the same is closed', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const opening = Promise.withResolvers<void>();
    source.openAnswer = () => opening.promise;
    const { consumer } = bench(source, { clock });
    consumer.on('Ping', () => {});
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(await start).toMatchObject({ code: 'CONSUMER_STATE' });
    opening.resolve();
    await clock.advance(0);
    expect([source.opened, source.closed]).toEqual([1, 1]);
    expect(clock.pending).toBe(0);
  });

  test.each(Array.from({ length: 20 }, (_, turns) => turns))(
    'in the very moment in which a source has opened (%d turns later)',
    async (turns) => {
      const clock = manualClock();
      const source = scriptedSource({ clock });
      const { consumer } = bench(source, { clock });
      consumer.on('Ping', () => {});
      const stopped = Promise.withResolvers<void>();
      source.openAnswer = async () => {
        void later(turns).then(() => stopped.resolve(consumer.stop()));
      };
      await consumer.start().catch(() => {});
      await timeTaken(clock, stopped.promise);
      expect([source.opened, source.closed]).toEqual([1, 1]);
      expect(clock.pending).toBe(0);
      expect(consumer.health().status).toBe('stopped');
    },
  );

  test('while it is verified', async () => {
    const clock = manualClock();
    const verified = Promise.withResolvers<void>();
    const verify = async function* (): AsyncIterable<Check> {
      await verified.promise;
      yield { name: 'late', ok: true };
    };
    const source = scriptedSource({ clock, extras: { verify } });
    const { consumer } = bench(source, { clock });
    consumer.on('Ping', () => {});
    const start = consumer.start().catch((error: unknown) => error);
    await clock.advance(0);
    expect(await timeTaken(clock, consumer.stop())).toBe(0);
    expect(await start).toMatchObject({ code: 'CONSUMER_STATE' });
    verified.resolve();
    await clock.advance(0);
    expect(source.opened).toBe(0);
  });

  test('by leaving its scope', async () => {
    const { source, consumer } = await started();
    await consumer[Symbol.asyncDispose]();
    expect(source.closed).toBe(1);
  });
});

async function later(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

describe('where positions are kept, stopping', () => {
  async function log(options: BenchOptions = {}) {
    const { clock = manualClock() } = options;
    const source = scriptedLog();
    const set = bench(source, { timeout: false, ...options, clock });
    const held = heldHandler();
    set.consumer.on('Ping', { name: 'ping' }, held.handle);
    await set.consumer.start();
    const marker = async () => (await set.store.replay.load('billing/journal/'))?.position;
    return { ...set, source, held, marker };
  }

  test('writes the markers, when they have moved', async () => {
    const { source, held, consumer, clock, marker, idle, faults } = await log();
    source.append({}, {}, {});
    await idle();
    held.run('e1').finish();
    held.run('e3').finish();
    await idle();
    expect(await marker()).toBeUndefined();
    const stopped = consumer.stop({ now: true });
    held.run('e2').fail(new Error('aborted'));
    await timeTaken(clock, stopped);
    expect(await marker()).toBe('p1');
    expect(faults.replay.calls.filter(({ name }) => name === 'save')).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  test('waits for a write that is under way, then writes what came after', async () => {
    const clock = manualClock();
    const store = memoryStore({ clock });
    const writes: { readonly position: string; readonly finish: () => void }[] = [];
    const replay: ReplayStorage = {
      ...store.replay,
      async save(name, marker) {
        await new Promise<void>((resolve) => writes.push({ position: marker.position, finish: resolve }));
        return await store.replay.save(name, marker);
      },
    };
    const { source, held, consumer, marker, idle } = await log({
      clock,
      store: { ...store, replay },
      markers: { every: 1 },
    });
    source.append({}, {});
    await idle();
    held.run('e1').finish();
    await idle();
    held.run('e2').finish();
    const stopped = consumer.stop();
    await idle();
    expect(writes.map(({ position }) => position)).toEqual(['p1']);
    writes[0]?.finish();
    await idle();
    expect(writes.map(({ position }) => position)).toEqual(['p1', 'p2']);
    writes[1]?.finish();
    await timeTaken(clock, stopped);
    expect(await marker()).toBe('p2');
  });

  test('leaves the marker below what could not be recorded as done', async () => {
    const { source, held, consumer, clock, marker, idle, faults } = await log();
    source.append({}, {});
    await idle();
    held.run('e1').finish();
    await idle();
    faults.idempotency.condition = 'down';
    held.run('e2').finish();
    await idle();
    await timeTaken(clock, consumer.stop());
    expect(await marker()).toBe('p1');
    expect(clock.pending).toBe(0);
  });

  test('lets the next consumer go on at the first message that was not settled', async () => {
    const first = await log();
    first.source.append({}, {}, {}, {}, {});
    await first.idle();
    for (const id of ['e1', 'e2', 'e4']) first.held.run(id).finish();
    await first.idle();
    const stopped = first.consumer.stop({ now: true });
    for (const id of ['e3', 'e5']) first.held.run(id).fail(new Error('aborted'));
    await timeTaken(first.clock, stopped);

    const source = scriptedLog();
    source.append({}, {}, {}, {}, {}, {});
    const { consumer, idle } = bench(source, { clock: first.clock, store: first.store });
    const seen: string[] = [];
    consumer.on('Ping', { name: 'ping' }, ({ id }, { attempt, redelivered }) => {
      seen.push(`${id} ${attempt} ${redelivered}`);
    });
    await consumer.start();
    await idle();
    // e4 was done already; e3 and e5 were cut short and may have had an effect.
    expect(seen).toEqual(['e3 2 true', 'e5 2 true', 'e6 1 false']);
  });
});
