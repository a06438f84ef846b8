import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';
import { secret } from '../support/secrets.ts';

function watched(options: BenchOptions = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock });
  const set = bench(source, { clock, ...options });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  return { ...set, source, held, health: () => set.consumer.health().sources['orders'] };
}

async function started(options: BenchOptions = {}) {
  const set = watched(options);
  await set.consumer.start();
  return set;
}

const pollFailed = new MillraceError('SOURCE_FAILED', `The poll failed: password=${secret}`);

describe('a consumer is', () => {
  test('starting before it is started and until its sources are open', async () => {
    const { consumer, source, health, idle } = watched();
    expect(consumer.health()).toEqual({ status: 'starting', sources: {} });
    const { promise, resolve } = Promise.withResolvers<void>();
    source.openAnswer = () => promise;
    const starting = consumer.start();
    await idle();
    expect(consumer.health().status).toBe('starting');
    expect(health()).toMatchObject({ status: 'starting', reason: undefined });
    resolve();
    await starting;
    expect(consumer.health().status).toBe('ready');
  });

  test('ready when its sources are open; the time of the last fetch is that of the newest', async () => {
    const { source, clock, health } = await started();
    expect(health()).toMatchObject({ status: 'ready', lastFetchAt: undefined, inFlight: 0 });
    await clock.advance(1_000);
    source.send({});
    await clock.advance(0);
    expect(health()).toMatchObject({ lastFetchAt: clock.now(), inFlight: 1 });
    await clock.advance(1_000);
    expect(health()?.lastFetchAt).toBe(clock.now() - 1_000);
    // An empty one counts as well.
    source.context?.fetched();
    expect(health()?.lastFetchAt).toBe(clock.now());
  });

  test('draining while handlers end, then stopped', async () => {
    const { source, held, consumer, idle, health } = await started();
    source.send({}, {});
    await idle();
    const stopping = consumer.stop();
    await idle();
    expect(consumer.health().status).toBe('draining');
    expect(health()).toMatchObject({ status: 'draining', inFlight: 2 });
    held.finishAll();
    await stopping;
    expect(consumer.health().status).toBe('stopped');
    expect(health()).toMatchObject({ status: 'stopped', inFlight: 0, reason: undefined });
  });

  test('stopped when it was never started', async () => {
    const { consumer } = watched();
    await consumer.stop();
    expect(consumer.health()).toEqual({ status: 'stopped', sources: {} });
  });

  test('stopped when its start was refused', async () => {
    const { consumer, source, health } = watched();
    source.openAnswer = () => Promise.reject(new Error('no route to host'));
    await expect(consumer.start()).rejects.toThrow('no route to host');
    expect(health()?.status).toBe('stopped');
  });
});

describe('a source is degraded', () => {
  test('while its adapter says so, until a fetch succeeds', async () => {
    const { source, health, log } = await started();
    source.context?.degraded(pollFailed);
    source.context?.degraded(pollFailed);
    expect(health()).toMatchObject({ status: 'degraded', reason: { code: 'SOURCE_FAILED' } });
    source.context?.fetched();
    expect(health()).toMatchObject({ status: 'ready', reason: undefined });
    expect(log.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'Source is degraded.'],
      ['info', 'Source has recovered.'],
    ]);
  });

  test('and does not tell credentials', async () => {
    const { source, health, log } = await started();
    source.context?.degraded(pollFailed);
    expect(health()?.reason?.message).toMatch(/The poll failed/);
    expect(JSON.stringify([health(), log.lines])).not.toContain(secret);
  });

  test('from the end of its session until the next one is open', async () => {
    const { source, clock, health } = await started();
    source.breakSession(new Error('connection reset'));
    await clock.advance(0);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: { code: 'SOURCE_FAILED', message: expect.stringMatching(/connection reset/) as string },
    });
    source.openAnswer = () => Promise.reject(new Error('connection refused'));
    await clock.advance(60_000);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: {
        message: expect.stringMatching(/could not be opened again yet.*connection refused/) as string,
      },
    });
    source.openAnswer = undefined;
    await clock.advance(30_000);
    expect(health()).toMatchObject({ status: 'ready', reason: undefined });
  });

  test('until the last of several troubles is over', async () => {
    const { source, held, clock, faults, health } = await started();
    source.send({ id: 'poison' });
    await clock.advance(0);
    faults.deadLetters.condition = 'down';
    held.run('poison').context.reject(new Error('never'));
    held.finishAll();
    await clock.advance(0);
    faults.idempotency.condition = 'down';
    source.send({ id: 'later' });
    await clock.advance(0);
    expect(health()).toMatchObject({ status: 'degraded', reason: { code: 'DEAD_LETTER_NOT_STORED' } });
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(held.started).toEqual(['poison', 'later']);
    expect(health()).toMatchObject({ status: 'degraded', reason: { code: 'DEAD_LETTER_NOT_STORED' } });
    faults.deadLetters.condition = 'up';
    await clock.advance(5_000);
    expect(health()?.status).toBe('ready');
  });
});

describe('a source that can not be had again', () => {
  const gone = new MillraceError('SOURCE_FAILED', 'The queue was deleted.');

  test('has failed, says why, and stays so when the consumer has stopped', async () => {
    const { source, clock, consumer, health } = await started();
    source.openAnswer = () => Promise.reject(gone);
    source.breakSession(new Error('connection reset'));
    await clock.advance(1_000);
    const failed = {
      status: 'failed',
      reason: { code: 'SOURCE_FAILED', message: expect.stringMatching(/The queue was deleted/) as string },
    };
    expect(health()).toMatchObject(failed);
    await consumer.stop();
    expect(health()).toMatchObject(failed);
    expect(consumer.health().status).toBe('failed');
  });
});

describe('of several sources the worst counts', () => {
  async function two(options: BenchOptions = {}) {
    const clock = manualClock();
    const orders = scriptedSource({ clock, name: 'orders' });
    const payments = scriptedSource({ clock, name: 'payments' });
    const set = bench([orders, payments], { clock, ...options });
    set.consumer.on('Ping', { name: 'ping' }, () => {});
    await set.consumer.start();
    const statuses = () => {
      const { status, sources } = set.consumer.health();
      return [status, sources['orders']?.status, sources['payments']?.status];
    };
    return { ...set, orders, payments, statuses };
  }

  test('while they run', async () => {
    const { payments, statuses } = await two();
    expect(statuses()).toEqual(['ready', 'ready', 'ready']);
    payments.context?.degraded(pollFailed);
    expect(statuses()).toEqual(['degraded', 'ready', 'degraded']);
  });

  test('and one that failed for good stops the others', async () => {
    const { orders, payments, clock, statuses } = await two();
    payments.openAnswer = () => Promise.reject(pollFailed);
    payments.breakSession(new Error('connection reset'));
    await clock.advance(1_000);
    expect(statuses()).toEqual(['failed', 'stopped', 'failed']);
    expect(orders.closed).toBe(1);
  });

  test('or leaves them running, when it is to', async () => {
    const { orders, payments, clock, statuses } = await two({ onSourceFailure: 'continue' });
    payments.openAnswer = () => Promise.reject(pollFailed);
    payments.breakSession(new Error('connection reset'));
    await clock.advance(60_000);
    expect(statuses()).toEqual(['failed', 'ready', 'failed']);
    orders.send({ id: 'a' });
    await clock.advance(0);
    expect(orders.settledAs('done')).toEqual(['a']);
  });
});
