import { expect, test } from 'vitest';
import type { Bench } from './support/running.ts';
import { bench, orders, refunds } from './support/running.ts';

/** A handler that only goes on when it is told to. */
function gate() {
  let open = false;
  let waiting: (() => void)[] = [];
  return {
    pass: async () => {
      if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    open() {
      open = true;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

function publish(org: Bench['org'], channel: string, from: number, to: number): number[] {
  const numbers = Array.from({ length: to - from + 1 }, (_, n) => from + n);
  for (const n of numbers) org.publish(channel, { n__c: n });
  return numbers;
}

test('a burst that handlers keep up with is taken without leaving the channel', async () => {
  const { org, until, consume } = await bench();
  const consuming = consume({ source: { concurrency: 2, prefetch: 3 } });
  await consuming.start();
  const numbers = publish(org, orders, 1, 500);
  await until(() => consuming.handled.length === 500, { step: 5 });
  expect(consuming.handled).toEqual(numbers);
  expect(org.counters.unsubscribes).toBe(0);
});

test('a channel that nobody keeps up with is left for a while: the session lives on, and nothing is lost or out of order', async () => {
  const { org, until, consume, clock } = await bench({ channels: { [orders]: {}, [refunds]: {} } });
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4, channels: [orders, refunds] },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const first = publish(org, orders, 1, 50);
  await until(() => consuming.state(orders) === 'paused', { step: 500 });
  await until(() => org.counters.unsubscribes === 1);
  expect(consuming.state(refunds)).toBe('subscribed');

  // Not for the lifetime of a session, but for many of them.
  const since = clock.now();
  const more = publish(org, orders, 51, 100);
  await until(() => clock.now() - since > 20 * 60_000, { step: 5_000 });
  expect(org.counters).toMatchObject({ handshakes: 1, sessions: 1, mostSessions: 1 });
  expect(consuming.health().inFlight).toBeLessThanOrEqual(5);

  open();
  await until(() => consuming.handled.length >= 100, { step: 50 });
  expect(consuming.handled).toEqual([...first, ...more]);
  expect(consuming.state(orders)).toBe('subscribed');
  expect(org.counters.handshakes).toBe(1);
});

test('a fast server fills no more than one reply while a handler is slow', async () => {
  const { org, until, consume, clock } = await bench({ eventsPerReply: 100 });
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    consumer: { timeout: false },
  });
  await consuming.start();
  let most = 0;
  for (let burst = 0; burst < 40; burst += 1) {
    publish(org, orders, burst * 250 + 1, burst * 250 + 250);
    const since = clock.now();
    await until(
      () => {
        most = Math.max(most, Number(consuming.health().details?.['waiting']));
        return clock.now() - since >= 5_000;
      },
      { step: 500 },
    );
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThanOrEqual(100);
  open();
  await until(() => consuming.handled.length === 10_000, { step: 50 });
});

test('what the server had ready when a channel was left does not come between what is replayed', async () => {
  const { org, until, consume, clock } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const all = publish(org, orders, 1, 50);
  await until(() => consuming.health().inFlight === 5);
  await clock.advance(5_000);
  all.push(...publish(org, orders, 51, 60));
  await until(() => org.counters.unsubscribes === 1, { step: 500 });
  open();
  all.push(...publish(org, orders, 61, 70));
  await until(() => consuming.handled.length >= all.length, { step: 20 });
  expect(consuming.handled).toEqual(all);
  expect(org.counters.handshakes).toBe(1);
});

test('what comes for other channels meanwhile is left at the server too', async () => {
  const { org, until, consume } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4, channels: [orders, refunds] },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const all = publish(org, orders, 1, 50);
  await until(() => consuming.state(orders) === 'paused', { step: 500 });
  all.push(...publish(org, refunds, 51, 100));
  await until(() => consuming.state(refunds) === 'paused', { step: 500 });
  await until(() => org.counters.unsubscribes === 2, { step: 500 });
  all.push(...publish(org, orders, 101, 120), ...publish(org, refunds, 121, 140));
  open();
  await until(() => consuming.handled.length >= all.length, { step: 50 });
  const channelOf = (numbers: readonly unknown[], test: (n: number) => boolean) =>
    numbers.filter((n) => test(Number(n)));
  const isRefund = (n: number) => (n > 50 && n <= 100) || n > 120;
  for (const test of [isRefund, (n: number) => !isRefund(n)]) {
    expect(channelOf(consuming.handled, test)).toEqual(channelOf(all, test));
  }
});

test('a channel that is paused is not asked for before there is room', async () => {
  const { org, until, consume } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    consumer: { timeout: false },
  });
  await consuming.start();
  publish(org, orders, 1, 50);
  await until(() => org.counters.unsubscribes === 1 && consuming.state() === 'polling', { step: 500 });
  consuming.source.subscribe(refunds);
  await until(() => consuming.state(refunds) === 'subscribed', { step: 500 });
  expect(consuming.state(orders)).toBe('paused');
  expect(org.counters.subscribes).toBe(2);
  open();
  await until(() => consuming.state(orders) === 'subscribed', { step: 50 });
  expect(org.counters.subscribes).toBe(3);
});

test('what comes with the reply to a subscribe while there is no room comes again later', async () => {
  const { org, until, consume } = await bench({ eventsInSubscribeReply: true });
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const all = publish(org, orders, 1, 50);
  await until(() => org.counters.unsubscribes === 1 && consuming.state() === 'polling', { step: 500 });
  all.push(...publish(org, refunds, 51, 60));
  consuming.source.subscribe({ channel: refunds, start: 'earliest' });
  await until(() => consuming.state(refunds) === 'paused', { step: 500 });
  open();
  await until(() => consuming.handled.length >= all.length, { step: 500 });
  expect(consuming.handled).toEqual(all);
});

test('what waits of a channel that is left reaches no handler', async () => {
  const { org, until, consume } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4, channels: [orders, refunds] },
    handle: pass,
    consumer: { timeout: false },
  });
  await consuming.start();
  publish(org, orders, 1, 50);
  await until(() => consuming.health().inFlight === 5);
  consuming.source.unsubscribe(orders);
  await until(() => org.counters.unsubscribes === 1, { step: 50 });
  open();
  org.publish(refunds, { n__c: 51 });
  await until(() => consuming.handled.includes(51), { step: 50 });
  // Those that core had, and perhaps one batch that was on its way to it.
  expect(consuming.handled.length).toBeLessThanOrEqual(11);
});

test('a channel that is taken in again at once goes on in order', async () => {
  const { org, until, consume, clock } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const all = publish(org, orders, 1, 50);
  await until(() => consuming.health().inFlight === 5);
  // While no poll is under way: the server has these ready when the channel is left.
  await clock.advance(5_000);
  all.push(...publish(org, orders, 51, 60));
  consuming.source.unsubscribe(orders);
  consuming.source.subscribe(orders);
  open();
  await until(() => consuming.handled.length >= all.length, { step: 50 });
  expect(consuming.handled).toEqual(all);
});

test('a session that is lost while channels are left is had again, without them', async () => {
  const { org, until, consume } = await bench();
  const { pass, open } = gate();
  const consuming = consume({
    source: { concurrency: 1, prefetch: 4 },
    handle: pass,
    showRepeats: true,
    consumer: { timeout: false },
  });
  await consuming.start();
  const all = publish(org, orders, 1, 50);
  await until(() => consuming.state(orders) === 'paused' && org.counters.unsubscribes === 1, { step: 500 });
  org.kick();
  await until(() => org.counters.handshakes === 2 && consuming.state() === 'polling', { step: 500 });
  expect(consuming.state(orders)).toBe('paused');
  all.push(...publish(org, orders, 51, 60));
  open();
  await until(() => consuming.handled.length >= 60, { step: 50 });
  expect(consuming.handled).toEqual(all);
});

test('stops at once while it waits for room', async () => {
  const { org, until, consume, clock } = await bench();
  const { pass, open } = gate();
  const consuming = consume({ source: { concurrency: 1, prefetch: 0 }, handle: pass });
  await consuming.start();
  publish(org, orders, 1, 50);
  await until(() => consuming.health().inFlight === 1);
  const stopping = consuming.stop();
  open();
  const since = clock.now();
  await stopping;
  expect(clock.now() - since).toBeLessThan(5_000);
  expect(org.counters.sessions).toBe(0);
  expect(consuming.handled).toEqual([1]);
});
