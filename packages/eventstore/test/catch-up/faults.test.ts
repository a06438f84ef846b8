import { setImmediate } from 'node:timers/promises';
import { toPosition } from '@millrace/core';
import { refusals } from '@millrace/testing/eventstore';
import { describe, expect, it } from 'vitest';
import type { Bench } from './support/bench.ts';
import { bench, numbers } from './support/bench.ts';
import { until } from './support/until.ts';

const from = { stream: 'orders' } as const;

describe('a subscription that ends is made again, after the last event that came', () => {
  it.each([
    ['killed', ({ server }: Bench) => server.faults.killConnections()],
    ['ended with OK', ({ server }: Bench) => server.faults.endSubscriptions()],
    ['refused for a while', ({ server }: Bench) => server.faults.endSubscriptions(refusals.noLeader)],
    ['aborted', ({ server }: Bench) => server.faults.endSubscriptions(refusals.timeout)],
  ])('%s', async (_name, fail) => {
    const here = await bench();
    here.append('orders', 1, 20);
    const consuming = await here.consume({ source: { from } });
    for (let round = 1; round <= 3; round += 1) {
      await until(() => consuming.messages.length === round * 20);
      await until(() => consuming.details()['state'] === 'live');
      fail(here);
      here.append('orders', round * 20 + 1, round * 20 + 20);
    }
    await until(() => consuming.messages.length === 80);
    expect(consuming.handled).toEqual(numbers(1, 80));
    expect(consuming.details()).toMatchObject({ resubscribed: 3 });
    expect(consuming.health().status).toBe('ready');
    expect(here.server.counters.subscriptions).toBe(1);
  });

  it('in the midst of catching up, with a slow consumer', async () => {
    const { server, append, consume } = await bench();
    append('orders', 1, 300);
    const consuming = await consume({ source: { from, concurrency: 2 }, handle: () => setImmediate() });
    for (const after of [40, 90, 200]) {
      await until(() => consuming.messages.length >= after);
      server.faults.killConnections();
    }
    await until(() => consuming.messages.length === 300);
    expect(consuming.handled).toEqual(numbers(1, 300));
  });
});

describe('silence', () => {
  it('of a subscription to which the server sends nothing any more is found out', async () => {
    const { server, append, consume } = await bench();
    append('orders', 1, 2);
    const consuming = await consume({ source: { from, watchdog: { stall: 40 } } });
    await until(() => consuming.messages.length === 2);
    server.faults.silenceSubscriptions();
    append('orders', 3, 4);
    await until(() => consuming.messages.length === 4);
    expect(consuming.handled).toEqual([1, 2, 3, 4]);
    expect(consuming.details()).toMatchObject({ resubscribed: 1 });
  });

  it('of a quiet stream is no stall', async () => {
    const { server, append, consume } = await bench();
    append('orders', 1, 2);
    const consuming = await consume({ source: { from, watchdog: { stall: 10 } } });
    await until(() => (server.counters.calls['Streams.Read'] ?? 0) > 8);
    expect(consuming.details()).toMatchObject({ resubscribed: 0, lag: 0, state: 'live' });
  });

  it('of a consumer that is slow is none, and the lag tells', async () => {
    const { server, append, consume } = await bench();
    const blocked = Promise.withResolvers<void>();
    append('orders', 1, 5_000);
    const consuming = await consume({
      source: { from, concurrency: 2, prefetch: 2, watchdog: { stall: 10 } },
      handle: () => blocked.promise,
    });
    await until(() => typeof consuming.details()['lag'] === 'number');
    await until(() => (server.counters.calls['Streams.Read'] ?? 0) > 8);
    expect(consuming.details()).toMatchObject({ resubscribed: 0, lag: 4_996, position: 'r:3' });
    expect(server.counters.eventsSent).toBeLessThan(2_500);
    blocked.resolve();
    await until(() => consuming.messages.length >= 100);
    expect(consuming.handled.slice(0, 100)).toEqual(numbers(1, 100));
    expect(consuming.details()).toMatchObject({ resubscribed: 0 });
  });

  it('of a frozen server is found out, and reading goes on when it thaws', async () => {
    const { server, append, consume } = await bench();
    append('orders', 1, 2);
    const watchdog = { stall: 30, confirm: 1_000 };
    const consuming = await consume({ source: { from, watchdog } });
    await until(() => consuming.messages.length === 2);
    server.faults.freeze();
    append('orders', 3, 3);
    await until(() => consuming.health().status === 'degraded');
    expect(consuming.health().reason?.code).toBe('EVENTSTORE_STALLED');
    await server.faults.thaw();
    await until(() => consuming.messages.length === 3);
    expect(consuming.handled).toEqual([1, 2, 3]);
    await until(() => consuming.health().status === 'ready');
  });

  it('instead of a confirmation fails the start', async () => {
    const { server, consume } = await bench();
    server.faults.next('Streams.Read', { kind: 'hang' });
    await expect(consume({ source: { from, watchdog: { confirm: 30 } } })).rejects.toMatchObject({
      code: 'EVENTSTORE_STALLED',
    });
  });
});

describe('what trying does not mend', () => {
  it('fails the start', async () => {
    const { server, consume, append } = await bench();
    append('orders', 1, 1);
    server.deny('orders');
    await expect(consume({ source: { from } })).rejects.toMatchObject({ code: 'EVENTSTORE_ACCESS_DENIED' });
    server.deny('orders', false);
    server.deleteStream('orders', { forGood: true });
    await expect(consume({ source: { from } })).rejects.toMatchObject({ code: 'EVENTSTORE_STREAM_DELETED' });
  });

  it('fails the source later', async () => {
    const { server, consume, append } = await bench();
    append('orders', 1, 1);
    const consuming = await consume({ source: { from } });
    await until(() => consuming.messages.length === 1);
    server.deleteStream('orders', { forGood: true });
    server.faults.killConnections();
    await until(() => consuming.health().status === 'failed');
    expect(consuming.health().reason?.message).toContain('tombstoned');
  });
});

describe('a position that can not be gone on from', () => {
  it.each([
    ['of the other kind', 'p:10/10', 'is of $all, and the source reads a stream'],
    ['that is none', 'r:x', 'none that this package makes'],
  ])('%s fails the start, or makes a gap', async (_name, position, problem) => {
    const { append, consume, replay } = await bench();
    append('orders', 1, 3);
    const first = await consume({ source: { from } });
    await until(() => first.messages.length === 3);
    await first.consumer.stop();
    const [key = ''] = replay.keys();
    replay.set(key, toPosition(position));
    await expect(consume({ source: { from } })).rejects.toMatchObject({
      code: 'EVENTSTORE_POSITION_INVALID',
      message: expect.stringContaining(problem),
    });
    expect(replay.get(key)).toBe(position);
    const second = await consume({ source: { from, onInvalidPosition: 'earliest' } });
    await until(() => second.messages.length === 3);
    expect(second.health().lastGap).toMatchObject({
      channel: 'orders',
      resumed: 'earliest',
      reason: { code: 'EVENTSTORE_POSITION_INVALID' },
    });
  });

  it('because the database refuses it makes a gap too', async () => {
    const { server, append, consume } = await bench();
    append('orders', 1, 2);
    const consuming = await consume({ source: { from, onInvalidPosition: 'earliest' } });
    await until(() => consuming.messages.length === 2);
    server.faults.endSubscriptions(refusals.invalidPosition);
    await until(() => consuming.messages.length === 4);
    expect(consuming.handled).toEqual([1, 2, 1, 2]);
    expect(consuming.health().lastGap).toMatchObject({ resumed: 'earliest' });
  });
});

it('leaves no subscription behind', async () => {
  const { server, append, consume } = await bench();
  append('orders', 1, 100);
  const consuming = await consume({ source: { from }, handle: () => setImmediate() });
  await until(() => consuming.messages.length > 3);
  await consuming.consumer.stop();
  await until(() => server.counters.subscriptions === 0);
  expect(consuming.handled).toEqual(numbers(1, consuming.messages.length));
});

it('is verified: a stream that is not there is worth a warning, one that may not be read is not started on', async () => {
  const { server, consume } = await bench();
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text), error() {} };
  await consume({ source: { from, verify: 'fail' }, consumer: { log } });
  expect(warnings.join('\n')).toContain('There is no stream "orders" so far.');
  server.deny('secret');
  await expect(consume({ source: { from: { stream: 'secret' }, verify: 'fail' } })).rejects.toMatchObject({
    code: 'VERIFY_FAILED',
    message: expect.stringContaining('EVENTSTORE_ACCESS_DENIED'),
  });
});

it('fails the start when no server is there', async () => {
  const { server, consume } = await bench();
  await server.close();
  await expect(consume({ source: { from } })).rejects.toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
});

it('trouble that passes is no end, even while reading is to go on elsewhere', async () => {
  const { server, append, consume } = await bench();
  append('orders', 1, 2);
  const consuming = await consume({ source: { from, onInvalidPosition: 'latest' } });
  await until(() => consuming.messages.length === 2);
  server.faults.endSubscriptions(refusals.invalidPosition);
  server.faults.next('Streams.Read', { kind: 'refuse', refusal: refusals.notReady });
  await until(() => consuming.health().status === 'degraded');
  append('orders', 3, 3);
  await until(() => consuming.messages.length === 3 || consuming.health().status === 'failed');
  expect(consuming.handled).toEqual([1, 2, 3]);
});
