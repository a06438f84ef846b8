import { describe, expect, test } from 'vitest';

import type { HandlerContext } from '../../src/handler-context.ts';
import type { RetryOptions } from '../../src/retry.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import type { ScriptedSourceOptions } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';

interface Given extends ScriptedSourceOptions {
  readonly retry?: RetryOptions;
  readonly random?: () => number;
  readonly forgetful?: boolean;
}

/** A handler that does what the test says in each run, and is done when it says nothing. */
async function started({ retry = {}, random = () => 1, forgetful = false, ...options }: Given = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock, ...options });
  const set = bench(source, { clock, random, forgetful });
  const runs: {
    readonly id: string;
    readonly at: number;
    readonly attempt: number;
    readonly redelivered: boolean;
  }[] = [];
  const script: ((context: HandlerContext) => void)[] = [];
  set.consumer.on('Ping', { name: 'ping', retry }, ({ id }, context) => {
    const { attempt, redelivered } = context;
    runs.push({ id, at: clock.monotonic(), attempt, redelivered });
    script.shift()?.(context);
  });
  await set.consumer.start();
  return { ...set, source, runs, script };
}

const fail = () => {
  throw new Error('no stock');
};

describe('a handler that fails', () => {
  test('runs again after a delay that grows to its bound, by the broker where that waits as told', async () => {
    const { source, clock, runs, script } = await started({
      retry: { attempts: 5, delay: 1_000, factor: 3, maxDelay: 5_000 },
    });
    script.push(fail, fail, fail, fail);
    source.send({});
    await clock.advance(60_000);
    expect(source.settlements.map((it) => it.outcome === 'retry' && it.delay)).toEqual([
      1_000,
      3_000,
      5_000,
      5_000,
      false,
    ]);
    expect(runs.map(({ at, attempt }) => [at, attempt])).toEqual([
      [0, 1],
      [1_000, 2],
      [4_000, 3],
      [9_000, 4],
      [14_000, 5],
    ]);
  });

  test.each([0, 0.25, 0.999])('draws its delay evenly below the bound (%d)', async (drawn) => {
    const { source, idle, script } = await started({ random: () => drawn, retry: { delay: 2_000 } });
    script.push(fail);
    source.send({});
    await idle();
    expect(source.settlements[0]).toMatchObject({ outcome: 'retry', delay: 2_000 * drawn });
  });

  test('and knows in its next run that an earlier one may have had an effect', async () => {
    const { source, clock, runs, script } = await started();
    script.push(fail);
    source.send({});
    await clock.advance(1_000);
    expect(runs).toMatchObject([
      { attempt: 1, redelivered: false },
      { attempt: 2, redelivered: true },
    ]);
  });

  test('tells the broker why', async () => {
    const { source, idle, script } = await started();
    script.push(fail);
    source.send({});
    await idle();
    expect(source.settlements).toMatchObject([{ cause: { message: 'no stock' } }]);
  });

  test('is dead-lettered when its attempts are used up, with their number and the last cause', async () => {
    const { source, clock, consumer, runs, script } = await started({ retry: { attempts: 3 } });
    script.push(fail, fail, () => {
      throw new TypeError('still none');
    });
    source.send({ id: 'e1', data: { order: 7 } });
    await clock.advance(60_000);
    expect(runs).toHaveLength(3);
    expect(source.settledAs('dead')).toEqual(['e1']);
    const { letters } = await consumer.deadLetters.list();
    expect(letters).toMatchObject([
      {
        id: 'billing/orders/ping/e1',
        consumer: 'billing',
        source: 'orders',
        handler: 'ping',
        reason: 'exhausted',
        attempts: 3,
        redrives: 0,
        error: { name: 'TypeError', message: 'still none' },
        message: { id: 'e1', type: 'Ping', data: { order: 7 }, raw: '{"order":7}' },
      },
    ]);
    // It counts as done: a duplicate does not start it over.
    source.duplicate('e1');
    await clock.advance(0);
    expect(runs).toHaveLength(3);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('with an error that is not worth another attempt is dead-lettered at once', async () => {
    const { source, idle, consumer, runs, script } = await started({
      retry: { retryable: (error) => !(error instanceof RangeError) },
    });
    script.push(() => {
      throw new RangeError('impossible');
    });
    source.send({ id: 'e1' });
    await idle();
    expect(runs).toHaveLength(1);
    expect(source.settledAs('dead')).toEqual(['e1']);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([
      { reason: 'not-retryable', attempts: 1 },
    ]);
  });

  test('is retried when "retryable" itself throws', async () => {
    const { source, clock, runs, script } = await started({
      retry: {
        retryable() {
          throw new Error('bug in retryable');
        },
      },
    });
    script.push(fail);
    source.send({ id: 'e1' });
    await clock.advance(1_000);
    expect(runs).toHaveLength(2);
    expect(source.settledAs('done')).toEqual(['e1']);
  });

  test('counts its attempts through releases: a message given back unstarted keeps what it had', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const first = bench(source, { clock });
    const attempts: number[] = [];
    first.consumer.on('Ping', { name: 'ping' }, (_, { attempt }) => {
      attempts.push(attempt);
      throw new Error('no');
    });
    await first.consumer.start();
    source.send({});
    await clock.advance(1_000);
    expect(attempts).toEqual([1, 2]);
    await first.consumer.stop();
    const second = bench(source, { clock, store: first.store });
    second.consumer.on('Ping', { name: 'ping' }, (_, { attempt }) => {
      attempts.push(attempt);
    });
    await second.consumer.start();
    await clock.advance(10_000);
    expect(attempts).toEqual([1, 2, 3]);
  });
});

describe('without an idempotency store', () => {
  test("attempts are the broker's count of deliveries", async () => {
    const { source, clock, consumer, runs, script } = await started({
      forgetful: true,
      retry: { attempts: 3 },
    });
    script.push(fail, fail);
    source.send({ id: 'e1', deliveryCount: 2 });
    await clock.advance(60_000);
    expect(runs).toMatchObject([
      { attempt: 2, redelivered: true },
      { attempt: 3, redelivered: true },
    ]);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([{ reason: 'exhausted', attempts: 3 }]);
  });
});

describe('a retry in place', () => {
  test('waits with the message, keeps its leases, and counts on from the claim', async () => {
    const { source, clock, runs, script, faults } = await started({
      retry: { where: 'in-place', attempts: 3, delay: 100_000, maxDelay: 100_000, factor: 1 },
    });
    script.push(fail, fail);
    source.send({ id: 'e1' });
    await clock.advance(250_000);
    expect(runs.map(({ at, attempt, redelivered }) => [at, attempt, redelivered])).toEqual([
      [0, 1, false],
      [100_000, 2, true],
      [200_000, 3, true],
    ]);
    expect(source.settlements).toMatchObject([{ outcome: 'done' }]);
    expect(faults.idempotency.calls.filter(({ name }) => name === 'claimMany')).toHaveLength(1);
  });

  test('ends in a dead letter too', async () => {
    const { source, clock, consumer, script } = await started({ retry: { where: 'in-place', attempts: 2 } });
    script.push(fail, fail);
    source.send({ id: 'e1' });
    await clock.advance(60_000);
    expect(source.settledAs('dead')).toEqual(['e1']);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([{ reason: 'exhausted', attempts: 2 }]);
  });
});

describe('a handler may say', () => {
  test.each(['broker', 'in-place'] as const)('"not now", which is no attempt (%s)', async (where) => {
    const { source, clock, consumer, runs, script } = await started({ retry: { attempts: 2, where } });
    script.push(
      ({ defer }) => defer(7_000),
      ({ defer }) => {
        defer(3_000);
        throw new Error('whichever way it ends');
      },
      fail,
    );
    source.send({});
    await clock.advance(60_000);
    expect(runs.map(({ at, attempt }) => [at, attempt])).toEqual([
      [0, 1],
      [7_000, 1],
      [10_000, 1],
      [11_000, 2],
    ]);
    expect((await consumer.deadLetters.list()).letters).toEqual([]);
    expect(source.settledAs('done')).toHaveLength(1);
  });

  test('"never", which needs no further attempt', async () => {
    const { source, idle, consumer, runs, script } = await started();
    script.push(({ reject }) => reject(new Error('unknown customer')));
    source.send({ id: 'e1' });
    await idle();
    expect(runs).toHaveLength(1);
    expect(source.settledAs('dead')).toEqual(['e1']);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([
      { reason: 'rejected', attempts: 1, error: { message: 'unknown customer' } },
    ]);
  });

  test('"never", and throw: the cause it gave is kept', async () => {
    const { source, idle, consumer, script } = await started();
    script.push(({ reject }) => {
      reject('no such customer');
      throw new Error('out of here');
    });
    source.send({ id: 'e1' });
    await idle();
    expect((await consumer.deadLetters.list()).letters).toMatchObject([
      {
        reason: 'rejected',
        error: {
          code: 'EVENT_REJECTED',
          message: expect.stringMatching(/rejected the event\. Cause: no such customer$/) as string,
        },
      },
    ]);
  });

  test('nothing that makes no sense: a time to wait that is none is refused, and fails the run', async () => {
    const { source, idle, script } = await started();
    script.push(({ defer }) => defer(Number.NaN));
    source.send({});
    await idle();
    expect(source.settlements).toMatchObject([{ outcome: 'retry', cause: { code: 'HANDLER_OPTIONS' } }]);
  });
});
