import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { SettleFailure, Settlement } from '../../src/source.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started(options: ScriptedSourceOptions = {}) {
  const clock = manualClock();
  const journal: string[] = [];
  const source = scriptedSource({ clock, journal, batch: 100, ...options });
  const set = bench(source, { clock, journal });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

const failing =
  (ids: readonly string[], final: boolean) =>
  (asked: readonly Settlement[]): readonly SettleFailure[] =>
    asked
      .filter(({ incoming }) => ids.includes(incoming.id))
      .map(({ incoming }) => ({ incoming, error: new MillraceError('SETTLE_FAILED', 'No.'), final }));

describe('settlements are handed over', () => {
  test('when as many are ready as the broker takes in one call', async () => {
    const { source, held, idle } = await started({
      capabilities: { settleBatch: { size: 3, linger: 60_000 } },
    });
    source.send(...Array.from({ length: 8 }, () => ({})));
    await idle();
    held.finishAll();
    await idle();
    expect(source.settleCalls).toEqual([
      ['m1', 'm2', 'm3'],
      ['m4', 'm5', 'm6'],
    ]);
  });

  test('or when the first has waited for company', async () => {
    const { source, held, clock, idle } = await started({
      capabilities: { settleBatch: { size: 3, linger: 200 } },
    });
    source.send({}, {}, {});
    await idle();
    held.run('m1').finish();
    await clock.advance(150);
    held.run('m2').finish();
    await clock.advance(49);
    expect(source.settleCalls).toEqual([]);
    await clock.advance(1);
    expect(source.settleCalls).toEqual([['m1', 'm2']]);
    held.run('m3').finish();
    await clock.advance(199);
    expect(source.settleCalls).toHaveLength(1);
    await clock.advance(1);
    expect(source.settleCalls).toEqual([['m1', 'm2'], ['m3']]);
  });
});

describe('what the broker refuses', () => {
  test('is tried again, and only that', async () => {
    const { source, held, clock, idle } = await started();
    source.send({}, {}, {});
    await idle();
    source.settleAnswer = failing(['m2'], false);
    held.finishAll();
    await idle();
    expect(source.settledAs('done')).toEqual(['m1', 'm3']);
    expect(held.started).toEqual(['m1', 'm2', 'm3']);
    source.settleAnswer = undefined;
    await clock.advance(100);
    expect(source.settleCalls).toEqual([['m1', 'm2', 'm3'], ['m2']]);
    expect(source.settledAs('done')).toEqual(['m1', 'm3', 'm2']);
  });

  test("for good is not tried again: it is somebody else's now", async () => {
    const { source, held, clock, consumer, idle } = await started();
    source.send({}, {});
    await idle();
    source.settleAnswer = failing(['m2'], true);
    held.finishAll();
    await clock.advance(20_000);
    expect(source.settleCalls).toEqual([['m1', 'm2']]);
    expect(source.settledAs('done')).toEqual(['m1']);
    expect(source.letGo).toEqual(['m2']);
    expect(consumer.health().sources['orders']?.inFlight).toBe(0);
  });

  test('altogether is tried again, less and less often, then left to the broker and its room given back', async () => {
    const { source, held, clock, consumer, idle, log } = await started({
      settings: { concurrency: 1, prefetch: 0 },
    });
    source.settleAnswer = () => new Error('connection reset');
    source.send({ id: 'a' }, { id: 'b' });
    await idle();
    held.run('a').finish();
    await idle();
    for (const delay of [100, 200, 400, 800, 1_600, 3_200, 5_000]) {
      const before = source.settleCalls.length;
      await clock.advance(delay - 1);
      expect(source.settleCalls).toHaveLength(before);
      expect(source.letGo).toEqual([]);
      expect(held.started).toEqual(['a']);
      await clock.advance(1);
      expect(source.settleCalls).toHaveLength(before + 1);
    }
    expect(source.settleCalls).toHaveLength(8);
    expect(source.letGo).toEqual(['a']);
    expect(held.started).toEqual(['a', 'b']);
    expect(consumer.health().sources['orders']?.inFlight).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(8);
    source.settleAnswer = undefined;
    held.run('b').finish();
    // Nobody extends its lease any more, so the broker delivers it again: it is known to be done.
    await clock.advance(30_000);
    expect(source.settledAs('done')).toEqual(['b', 'a']);
    expect(held.started).toEqual(['a', 'b']);
  });

  test('is not passed by the marker, where there are positions too', async () => {
    const { source, held, clock, store, idle } = await started({
      capabilities: { position: 'opaque', replay: 'all' },
      settings: { start: 'earliest' },
    });
    source.settleAnswer = failing(['m2'], true);
    source.send({ position: 'p1' }, { position: 'p2' }, { position: 'p3' });
    await idle();
    held.finishAll();
    await clock.advance(20_000);
    expect(source.settledAs('done')).toEqual(['m1', 'm3']);
    expect(await store.replay.load('billing/orders/')).toMatchObject({ position: 'p1' });
  });
});

describe('what is told to whom, and when', () => {
  test('the broker hears nothing before "done" is stored', async () => {
    const { source, held, idle, clock, faults, journal } = await started();
    source.send({});
    await idle();
    faults.idempotency.condition = 'down';
    held.finishAll();
    await idle();
    expect(source.settleCalls).toEqual([]);
    faults.idempotency.condition = 'up';
    await clock.advance(1_000);
    expect(journal).toEqual(['claimMany', 'completeMany', 'settle:done']);
  });

  test('a dead letter is stored first, then "done", then the broker is told', async () => {
    const { source, held, idle, journal } = await started();
    source.send({});
    await idle();
    held.run('m1').context.reject(new Error('never'));
    held.finishAll();
    await idle();
    expect(journal).toEqual(['claimMany', 'putMany', 'completeMany', 'settle:dead']);
  });

  test('a claim is given back before the broker delivers again', async () => {
    const { source, held, idle, journal } = await started();
    source.send({});
    await idle();
    held.run('m1').fail(new Error('no'));
    await idle();
    expect(journal).toEqual(['claimMany', 'releaseMany', 'settle:retry']);
  });

  test('many runs are claimed and completed in one call each', async () => {
    const { source, held, idle, journal } = await started();
    source.send(...Array.from({ length: 10 }, () => ({})));
    await idle();
    held.finishAll();
    await idle();
    expect(journal.filter((call) => !call.startsWith('settle'))).toEqual(['claimMany', 'completeMany']);
  });
});

describe('while the dead-letter store is down', () => {
  test('nothing it should keep is acknowledged, the source says so, and others go on', async () => {
    const { source, held, idle, clock, consumer, faults, log } = await started();
    faults.deadLetters.condition = 'down';
    source.send({ id: 'poison' }, { id: 'good' });
    await idle();
    held.run('poison').context.reject(new Error('never'));
    held.finishAll();
    await idle();
    expect(source.settledAs('done')).toEqual(['good']);
    source.send({ id: 'later' });
    await idle();
    held.finishAll();
    await clock.advance(120_000);
    expect(source.settledAs('done')).toEqual(['good', 'later']);
    expect(source.settledAs('dead')).toEqual([]);
    expect(consumer.health().sources['orders']).toMatchObject({
      status: 'degraded',
      reason: { code: 'DEAD_LETTER_NOT_STORED' },
      inFlight: 1,
    });
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'A dead letter could not be stored; its message is not acknowledged.',
      }),
    );
    // Its leases were kept all the time, at the broker and in the store.
    faults.deadLetters.condition = 'up';
    await clock.advance(5_000);
    expect(source.settledAs('dead')).toEqual(['poison']);
    expect(consumer.health().status).toBe('ready');
    expect((await consumer.deadLetters.list()).letters).toHaveLength(1);
    expect(held.started).toEqual(['poison', 'good', 'later']);
  });
});

describe('while the store for completions is down', () => {
  test('nothing is acknowledged, the source says so, and what was handled is not handled again', async () => {
    const { source, held, idle, clock, consumer, faults } = await started();
    source.send({ id: 'a' }, { id: 'b' });
    await idle();
    faults.idempotency.condition = 'down';
    held.run('a').finish();
    held.run('b').fail(new Error('no'));
    // Longer than the leases last: nobody takes over, so what was handled still counts.
    await clock.advance(120_000);
    expect(source.settlements).toEqual([]);
    expect(consumer.health().sources['orders']).toMatchObject({
      status: 'degraded',
      reason: { code: 'STORE_UNAVAILABLE' },
    });
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(source.settledAs('done')).toEqual(['a']);
    expect(source.settledAs('retry')).toEqual(['b']);
    expect(consumer.health().status).toBe('ready');
    expect(held.started.filter((id) => id === 'a')).toEqual(['a']);
  });
});
