import { expect, test } from 'vitest';

import type { RetryOptions } from '../../src/retry.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started({
  forgetful = false,
  ...retry
}: RetryOptions & { readonly forgetful?: boolean } = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock });
  const set = bench(source, {
    clock,
    forgetful,
    retry: { attempts: 3, delay: 1_000, factor: 1, ...retry },
  });
  const runs: string[] = [];
  const failing = new Set<string>();
  for (const name of ['mail', 'invoice', 'stock']) {
    set.consumer.on('Ping', { name }, (_, { attempt }) => {
      runs.push(`${name} ${attempt}`);
      if (failing.has(name)) throw new Error(`${name} failed`);
    });
  }
  await set.consumer.start();
  return { ...set, source, runs, failing };
}

test('each handler of an event runs, in the order they were registered, each with a claim of its own', async () => {
  const { source, runs, idle, faults } = await started();
  source.send({ id: 'e1' });
  await idle();
  expect(runs).toEqual(['mail 1', 'invoice 1', 'stock 1']);
  const [claim] = faults.idempotency.calls;
  expect(claim).toMatchObject({
    name: 'claimMany',
    args: [[{ key: 'billing/mail/e1' }, { key: 'billing/invoice/e1' }, { key: 'billing/stock/e1' }], {}],
  });
  expect(source.settledAs('done')).toEqual(['e1']);
});

test('a redelivery after a partial failure runs only the handlers that failed', async () => {
  const { source, clock, runs, failing, idle } = await started();
  failing.add('invoice');
  source.send({ id: 'e1' });
  await idle();
  expect(runs).toEqual(['mail 1', 'invoice 1', 'stock 1']);
  expect(source.settledAs('retry')).toEqual(['e1']);
  failing.clear();
  await clock.advance(1_000);
  expect(runs.slice(3)).toEqual(['invoice 2']);
  expect(source.settledAs('done')).toEqual(['e1']);
});

test('so does a retry in place', async () => {
  const { source, clock, runs, failing, idle } = await started({ where: 'in-place' });
  failing.add('mail');
  source.send({ id: 'e1' });
  await idle();
  failing.clear();
  await clock.advance(1_000);
  expect(runs).toEqual(['mail 1', 'invoice 1', 'stock 1', 'mail 2']);
  expect(source.settledAs('done')).toEqual(['e1']);
});

test('without an idempotency store a redelivery runs all of them again', async () => {
  const { source, clock, runs, failing, idle } = await started({ forgetful: true });
  failing.add('invoice');
  source.send({ id: 'e1' });
  await idle();
  failing.clear();
  await clock.advance(1_000);
  expect(runs.slice(3)).toEqual(['mail 2', 'invoice 2', 'stock 2']);
});

test('each handler that gives up leaves a dead letter, and the others are done', async () => {
  const { source, clock, consumer, failing, idle } = await started();
  failing.add('mail').add('stock');
  source.send({ id: 'e1' });
  await idle();
  await clock.advance(1_000);
  await clock.advance(1_000);
  expect(source.settledAs('dead')).toEqual(['e1']);
  const { letters } = await consumer.deadLetters.list();
  expect(letters.map(({ handler, reason, attempts }) => ({ handler, reason, attempts }))).toEqual([
    { handler: 'mail', reason: 'exhausted', attempts: 3 },
    { handler: 'stock', reason: 'exhausted', attempts: 3 },
  ]);
});

test('a handler that gives up while another is to be retried leaves its dead letter at once, and is done', async () => {
  const { source, clock, consumer, runs, failing, idle } = await started({
    retryable: (error) => !String(error).includes('mail'),
  });
  failing.add('mail').add('invoice');
  source.send({ id: 'e1' });
  await idle();
  expect(source.settledAs('retry')).toEqual(['e1']);
  expect((await consumer.deadLetters.list()).letters).toMatchObject([
    { handler: 'mail', reason: 'not-retryable' },
  ]);
  failing.delete('invoice');
  await clock.advance(1_000);
  expect(runs.slice(3)).toEqual(['invoice 2']);
  expect(source.settledAs('done')).toEqual(['e1']);
  expect((await consumer.deadLetters.list()).letters).toHaveLength(1);
});
