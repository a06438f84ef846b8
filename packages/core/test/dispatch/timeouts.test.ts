import { describe, expect, onTestFinished, test } from 'vitest';

import type { PlainOptions } from '../../src/handler.ts';
import { createRegistry } from '../../src/registry.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';

interface Given {
  readonly handler?: PlainOptions;
  readonly source?: ScriptedSourceOptions;
  readonly consumer?: BenchOptions;
}

async function started({ handler = {}, source: sourceOptions, consumer: options }: Given = {}) {
  const { clock = manualClock() } = options ?? {};
  const source = scriptedSource({ clock, ...sourceOptions });
  const set = bench(source, { retry: { attempts: 2 }, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping', ...handler }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

describe('a handler that does not end', () => {
  test('is told to after its timeout, and counts as failed when it heeds that', async () => {
    const { source, held, clock } = await started({ handler: { timeout: 2_000 } });
    source.send({ id: 'a' });
    await clock.advance(1_999);
    expect(held.run('a').signal.aborted).toBe(false);
    await clock.advance(1);
    const { reason } = held.run('a').signal as { readonly reason: Error };
    expect(reason).toMatchObject({
      code: 'HANDLER_TIMEOUT',
      message: expect.stringMatching(/"ping" did not end within its timeout of 2000 ms/) as string,
    });
    held.run('a').fail(new Error('stopped as told'));
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ outcome: 'retry', cause: { code: 'HANDLER_TIMEOUT' } }]);
  });

  test('is done when it ends well all the same, in the time it has to stop', async () => {
    const { source, held, clock } = await started({ handler: { timeout: 2_000 } });
    source.send({ id: 'a' });
    await clock.advance(2_500);
    held.run('a').finish();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['a']);
  });

  test('is given up on when it does not stop either: others go on, and the message comes again', async () => {
    const { source, held, clock } = await started({
      handler: { timeout: 2_000 },
      source: { settings: { concurrency: 1, prefetch: 1 } },
    });
    source.send({ id: 'a' }, { id: 'b' });
    await clock.advance(2_999);
    expect(held.started).toEqual(['a']);
    await clock.advance(1);
    expect(held.started).toEqual(['a', 'b']);
    expect(source.settlements).toMatchObject([
      { incoming: { id: 'a' }, outcome: 'retry', cause: { code: 'HANDLER_TIMEOUT' } },
    ]);
  });

  test('keeps others out until its claim has run out: it may still be at work', async () => {
    const { source, held, clock } = await started({ handler: { timeout: 2_000 } });
    source.send({ id: 'a' });
    await clock.advance(29_999);
    expect(held.started).toEqual(['a']);
    await clock.advance(5_001);
    expect(held.started).toEqual(['a', 'a']);
    expect(held.run('a').context).toMatchObject({ attempt: 2, redelivered: true, fence: 2 });
  });

  test('is dead-lettered when its attempts are used up, and does not run again for a duplicate', async () => {
    const { source, held, clock, consumer } = await started({
      handler: { timeout: 2_000 },
      consumer: { retry: { attempts: 1 } },
    });
    source.send({ id: 'a' });
    await clock.advance(3_000);
    expect(source.settledAs('dead')).toEqual(['a']);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([
      { reason: 'exhausted', error: { code: 'HANDLER_TIMEOUT' }, attempts: 1 },
    ]);
    await clock.advance(120_000);
    source.duplicate('a');
    await clock.advance(0);
    expect(held.started).toEqual(['a']);
    expect(source.settledAs('done')).toEqual(['a']);
  });

  test('changes nothing when it ends late, well or not', async () => {
    const unhandled: unknown[] = [];
    const collect = (reason: unknown) => void unhandled.push(reason);
    process.on('unhandledRejection', collect);
    onTestFinished(() => void process.off('unhandledRejection', collect));
    const { source, held, clock, store } = await started({ handler: { timeout: 2_000 } });
    source.send({ id: 'a' }, { id: 'b' });
    await clock.advance(3_000);
    expect(source.settlements).toHaveLength(2);
    held.run('a').context.reject(new Error('too late'));
    held.run('a').finish();
    held.run('b').fail(new Error('too late'));
    await clock.advance(0);
    expect(source.settlements).toHaveLength(2);
    expect(source.settledAs('retry')).toEqual(['a', 'b']);
    expect((await store.deadLetters.list({}, { limit: 10 })).letters).toEqual([]);
    expect(unhandled).toEqual([]);
  });

  test('and is retried in place, changes nothing when it ends during its second run', async () => {
    const { source, held, clock } = await started({
      handler: { timeout: 2_000, retry: { where: 'in-place', attempts: 3 } },
    });
    source.send({ id: 'a' });
    await clock.advance(2_000);
    const first = held.run('a');
    await clock.advance(2_000);
    expect(held.started).toEqual(['a', 'a']);
    first.finish();
    await clock.advance(0);
    expect(source.settlements).toEqual([]);
    held.run('a').finish();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['a']);
  });

  test('and is retried in place, keeps its claim through its second run, however long that is', async () => {
    const { source, held, clock, store } = await started({
      handler: { timeout: 300_000, retry: { where: 'in-place', attempts: 3 } },
    });
    source.send({ id: 'a' });
    await clock.advance(302_000);
    expect(held.started).toEqual(['a', 'a']);
    await clock.advance(120_000);
    expect(held.started).toEqual(['a', 'a']);
    expect(held.run('a').signal.aborted).toBe(false);
    expect(
      await store.idempotency.claimMany([{ key: 'billing/ping/a' }], { owner: 'other', lease: 1 }),
    ).toMatchObject([{ status: 'busy' }]);
  });

  test('and is retried in place, leaves nothing of its transaction to its second run', async () => {
    const clock = manualClock();
    const memory = memoryStore({ clock });
    // A transaction that is never committed.
    const transactions = { complete: () => {}, areDone: async () => [false] };
    const { source, held } = await started({
      handler: { timeout: 2_000, retry: { where: 'in-place', attempts: 3 } },
      consumer: { clock, store: { ...memory, idempotency: { ...memory.idempotency, transactions } } },
    });
    source.send({ id: 'a' });
    await clock.advance(0);
    void held.run('a').context.complete('transaction');
    await clock.advance(4_000);
    expect(held.started).toEqual(['a', 'a']);
    held.run('a').finish();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['a']);
    const claim = { key: 'billing/ping/a' };
    expect(await memory.idempotency.claimMany([claim], { owner: 'other', lease: 1 })).toEqual([
      { status: 'done' },
    ]);
  });

  test('is found in time behind one that may take longer', async () => {
    const slow = heldHandler();
    const { source, held, clock } = await started({
      handler: { timeout: 2_000 },
      consumer: { handlers: [createRegistry().add('Slow', { name: 'slow' }, slow.handle)] },
    });
    source.send({ id: 'long', type: 'Slow' });
    await clock.advance(0);
    source.send({ id: 'a' });
    await clock.advance(2_000);
    expect([slow.run('long').signal.aborted, held.run('a').signal.aborted]).toEqual([false, true]);
  });

  test('may be late on its own only: each run has its own time', async () => {
    const { source, held, clock } = await started({ handler: { timeout: 2_000 } });
    source.send({ id: 'a' });
    await clock.advance(1_500);
    source.send({ id: 'b' });
    await clock.advance(500);
    expect([held.run('a').signal.aborted, held.run('b').signal.aborted]).toEqual([true, false]);
    await clock.advance(1_500);
    expect(held.run('b').signal.aborted).toBe(true);
  });
});

describe('the timeout', () => {
  test('is 60 s unless told otherwise', async () => {
    const { source, held, clock } = await started();
    source.send({ id: 'a' });
    await clock.advance(59_999);
    expect(held.run('a').signal.aborted).toBe(false);
    await clock.advance(1);
    expect(held.run('a').signal.aborted).toBe(true);
  });

  test.each([{ handler: { timeout: false as const } }, { consumer: { timeout: false as const } }])(
    'can be none (%o)',
    async (given) => {
      const { source, held, clock } = await started(given);
      source.send({ id: 'a' });
      await clock.advance(3_600_000);
      expect(held.run('a').signal.aborted).toBe(false);
    },
  );

  test('holds for a schema that does not answer too', async () => {
    const { source, clock } = await started({
      consumer: { retry: { attempts: 1 } },
      handler: { timeout: 2_000, ...hangingSchema },
    });
    source.send({ id: 'a' });
    await clock.advance(3_000);
    expect(source.settlements).toMatchObject([{ outcome: 'dead', cause: { code: 'HANDLER_TIMEOUT' } }]);
  });
});

const hangingSchema = {
  schema: {
    '~standard': { version: 1, vendor: 'test', validate: () => new Promise<never>(() => {}) },
  },
} as object;

describe('a handler that ends badly', () => {
  const throws = async (thrown: unknown, how: 'at once' | 'later') => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const set = bench(source, { clock, retry: { attempts: 1 } });
    set.consumer.on('Ping', { name: 'ping' }, how === 'at once' ? atOnce : later);
    await set.consumer.start();
    source.send({ id: 'a' });
    await clock.advance(0);
    const { letters } = await set.consumer.deadLetters.list();
    return { source, letter: letters[0] };

    function atOnce(): void {
      throw thrown;
    }
    async function later(): Promise<void> {
      await Promise.resolve();
      throw thrown;
    }
  };

  const circular: Record<string, unknown> = {};
  circular['self'] = circular;

  test.each([
    ['nothing', undefined, 'threw a undefined', ''],
    ['null', null, 'threw null', 'null'],
    ['a text', 'out of paper', 'threw a string', 'out of paper'],
    ['a number', 42, 'threw a number', '42'],
    ['an object', { status: 503 }, 'threw a object', '{"status":503}'],
    ['a circular object', circular, 'threw a object', '[object Object]'],
    ['a symbol', Symbol('odd'), 'threw a symbol', 'Symbol(odd)'],
  ])('by throwing %s leaves a dead letter that says so', async (_, thrown, said, shown) => {
    for (const how of ['at once', 'later'] as const) {
      const { source, letter } = await throws(thrown, how);
      expect(source.settledAs('dead')).toEqual(['a']);
      expect(letter?.error.code).toBe('HANDLER_FAILED');
      expect(letter?.error.message).toContain(said);
      expect(letter?.error.message).toContain(shown);
    }
  });

  test.each(['at once', 'later'] as const)(
    'by throwing an error leaves one that keeps it (%s)',
    async (how) => {
      const { letter } = await throws(new TypeError('no such customer', { cause: new Error('404') }), how);
      expect(letter).toMatchObject({
        reason: 'exhausted',
        error: {
          name: 'TypeError',
          message: 'no such customer Cause: 404',
          stack: expect.any(String) as string,
        },
      });
    },
  );

  test('by throwing an error that is not as errors are does no harm', async () => {
    const odd = Object.assign(new Error('odd'), {
      message: 7,
      stack: { lines: 3 },
      name: undefined,
      code: 12,
    });
    const { source, letter } = await throws(odd, 'at once');
    expect(source.settledAs('dead')).toEqual(['a']);
    expect(letter?.reason).toBe('exhausted');
  });

  test('by throwing an error that can not be looked at does no harm', async () => {
    const hostile = Object.defineProperties(new Error('x'), {
      message: {
        get: () => {
          throw new Error('do not look');
        },
      },
      stack: {
        get: () => {
          throw new Error('do not look');
        },
      },
    });
    const { source } = await throws(hostile, 'at once');
    expect(source.settledAs('dead')).toEqual(['a']);
  });
});
