import { manualClock } from '@millrace/testing';
import { expect, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import type { BroadcasterOptions } from '../../src/broadcaster/options.ts';
import type { BroadcasterStore } from '../../src/broadcaster/ports/broadcaster-store.ts';
import { mostHintTries, nextHint, nextTry } from '../../src/broadcaster/sending/schedule.ts';
import { eventFacts } from '../../src/wire/event-facts.ts';
import { startBench, topic } from './support/bench.ts';

const soon = { redelivery: { tries: 3, delay: 10, factor: 1 } } as const;

test('a subscriber that failed gets the message again, with the same id and another identifier', async () => {
  const bench = await startBench(soon);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => {
    if (one.received.length > 2) return false;
    response.writeHead(500).end();
  });
  expect(await bench.notify('t', 'hello')).toBe(0);
  await vi.waitFor(async () => {
    expect(one.received).toHaveLength(3);
    expect(await bench.store.deliveries.counts()).toEqual({
      deliveries: 0,
      hints: 0,
      deadLetters: 0,
      bytes: 0,
    });
  });
  expect(one.received.map(({ data, verdict }) => [data.toString(), verdict])).toEqual(
    Array.from({ length: 3 }, () => ['hello', 'accepted']),
  );
  expect(new Set(one.received.map(({ tracing }) => eventFacts(tracing)?.id)).size).toBe(1);
  expect(new Set(one.received.map(({ identifier }) => identifier.toString('hex'))).size).toBe(3);
});

test('after the last try there is a dead letter, which can be sent again', async () => {
  const bench = await startBench(soon);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => void response.writeHead(500).end());
  await bench.notify('t', 'hello');
  await vi.waitFor(async () => expect((await bench.store.deliveries.counts()).deadLetters).toBe(1));
  expect(one.received).toHaveLength(4);
  const { letters } = await bench.store.undelivered.list({}, { limit: 10 });
  expect(letters).toMatchObject([{ url: one.url, attempts: 4, failure: 'It answered 500.', redrives: 0 }]);
  one.behave(undefined);
  await bench.broadcaster.undelivered.redrive(
    letters.map(({ id }) => id),
    0,
  );
  await vi.waitFor(async () => {
    expect(await bench.store.deliveries.counts()).toEqual({
      deliveries: 0,
      hints: 0,
      deadLetters: 0,
      bytes: 0,
    });
  });
  expect(one.received).toHaveLength(5);
  expect(one.received[4]?.data.toString()).toBe('hello');
});

test('delays grow, are spread, and bow to Retry-After', () => {
  const policy = { tries: 3, delay: 2_000, factor: 3, maxDelay: 10_000 };
  expect([1, 2, 3, 4].map((attempts) => nextTry(policy, attempts, () => 1))).toEqual([
    2_000,
    6_000,
    10_000,
    undefined,
  ]);
  expect(nextTry(policy, 1, () => 0)).toBe(1_000);
  expect(nextTry(policy, 1, () => 0, 30_000)).toBe(30_000);
  expect(nextTry({ ...policy, tries: 0 }, 1, () => 0)).toBeUndefined();
  expect([0, 1, 10, 19].map((attempts) => nextHint(attempts, () => 0.5))).toEqual([
    3_000, 4_000, 1_026_000, 1_026_000,
  ]);
});

test('Retry-After is honoured', async () => {
  const clock = manualClock();
  const bench = await startBench({ clock, store: memoryBroadcasterStore({ clock }), ...soon });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => {
    if (one.received.length > 1) return false;
    response.writeHead(503, { 'retry-after': '60' }).end();
  });
  await bench.notify('t', 'hello');
  await clock.advance(59_000);
  expect(one.received).toHaveLength(1);
  await vi.waitFor(async () => {
    await clock.advance(1_000);
    expect(one.received).toHaveLength(2);
  });
});

const noRetry = { redelivery: false } as const;

async function benchOfMissed(options: Partial<BroadcasterOptions> = {}) {
  const clock = manualClock();
  const bench = await startBench({
    clock,
    random: () => 0.5,
    store: memoryBroadcasterStore({ clock }),
    ...noRetry,
    ...options,
  });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'), one.recovery);
  return { clock, bench, one };
}

test('who missed something is told, and its subscriptions stay', async () => {
  const { clock, bench, one } = await benchOfMissed();
  one.behave((response, received) => {
    if (!received) return false;
    response.writeHead(500).end();
  });
  for (const data of ['1', '2', '3']) await bench.notify('t', data);
  expect(await bench.store.deliveries.counts()).toMatchObject({ hints: 1, deadLetters: 3 });
  await clock.advance(2_900);
  expect(one.missed).toHaveLength(0);
  await vi.waitFor(async () => {
    await clock.advance(100);
    expect((await bench.store.deliveries.counts()).hints).toBe(0);
  });
  expect(one.missed.map((name) => Buffer.from(name).toString())).toEqual(['t']);
  expect(await bench.store.deliveries.counts(), 'what it missed is still there').toMatchObject({
    deadLetters: 3,
  });
  expect((await bench.store.subscriptions.list(one.url)).exact).toHaveLength(1);
});

test('or what it missed is forgotten once it knows', async () => {
  const { clock, bench, one } = await benchOfMissed({ deadLetters: 'until-told' });
  one.behave((response, received) => {
    if (!received) return false;
    response.writeHead(500).end();
  });
  await bench.notify('t', '1');
  expect(await bench.store.deliveries.counts()).toMatchObject({ hints: 1, deadLetters: 1 });
  await vi.waitFor(async () => {
    await clock.advance(500);
    expect(await bench.store.deliveries.counts()).toEqual({
      deliveries: 0,
      hints: 0,
      deadLetters: 0,
      bytes: 0,
    });
  });
});

test('a hint is told twenty times over hours, not in a burst, and the subscription stays', async () => {
  const { clock, bench, one } = await benchOfMissed();
  const times: number[] = [];
  const begin = clock.now();
  one.behave((response, received) => {
    if (!received) times.push(clock.now() - begin);
    response.writeHead(500).end();
  });
  await bench.notify('t', '1');
  await vi.waitFor(
    async () => {
      await clock.advance(30_000);
      expect((await bench.store.deliveries.counts()).hints).toBe(0);
    },
    { timeout: 25_000, interval: 0 },
  );
  expect(times).toHaveLength(mostHintTries);
  const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
  for (const [index, gap] of gaps.entries()) {
    expect(gap, `after try ${index + 1}`).toBeGreaterThanOrEqual(1_000 * 2 ** Math.min(10, index + 1));
  }
  expect((await bench.store.subscriptions.list(one.url)).exact).toHaveLength(1);
  expect((await bench.broadcaster.metrics()).counts.hintsGivenUp).toBe(1);
}, 30_000);

test('a hint whose confirmation is not authentic is told again', async () => {
  const { clock, bench, one } = await benchOfMissed();
  const { encodeConfirmMissed } = await import('../../src/wire/stateless/responses.ts');
  one.behave((response, received) => {
    if (received) response.writeHead(500).end();
    else if (one.missed.length > 1) return false;
    else response.end(encodeConfirmMissed({ authorization: undefined, tracing: new Uint8Array() }));
    return true;
  });
  await bench.notify('t', '1');
  await vi.waitFor(async () => {
    await clock.advance(500);
    expect((await bench.store.deliveries.counts()).hints).toBe(0);
  });
  expect(one.missed).toHaveLength(2);
});

test('what was given up for somebody who unsubscribed since is not sent', async () => {
  const bench = await startBench({ redelivery: { tries: 3, delay: 200 } });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => void response.writeHead(500).end());
  await bench.notify('t', '1');
  await bench.unsubscribe(one.url, topic('t'));
  await vi.waitFor(async () => expect((await bench.store.deliveries.counts()).deliveries).toBe(0));
  expect(one.received).toHaveLength(1);
  const { letters } = await bench.store.undelivered.list({}, { limit: 1 });
  expect(letters[0]?.failure).toBe('It is disabled, or not subscribed any more.');
});

test('410 disables a subscriber; it comes back as soon as it subscribes', async () => {
  const bench = await startBench(noRetry);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => void response.writeHead(410).end());
  expect(await bench.notify('t', '1')).toBe(0);
  one.behave(undefined);
  expect(await bench.notify('t', '2')).toBe(0);
  expect(one.requests).toBe(1);
  expect(await bench.store.subscriptions.disabled()).toMatchObject([
    { url: one.url, reason: 'It answered 410.' },
  ]);
  expect((await bench.subscribe(one.url, topic('t'))).status).toBe(200);
  expect(await bench.notify('t', '3')).toBe(1);
});

test('whoever fails for days is disabled; a success in between counts', async () => {
  const day = 86_400_000;
  const clock = manualClock();
  const bench = await startBench({
    clock,
    store: memoryBroadcasterStore({ clock }),
    ...noRetry,
    disableAfter: 2 * day,
  });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  const fail = () => one.behave((response) => void response.writeHead(500).end());
  fail();
  await bench.notify('t', '1');
  clock.jump(day);
  one.behave(undefined);
  expect(await bench.notify('t', '2')).toBe(1);
  fail();
  clock.jump(day);
  await bench.notify('t', '3');
  clock.jump(2 * day - 1);
  await bench.notify('t', '4');
  expect(await bench.store.subscriptions.disabled()).toEqual([]);
  clock.jump(1);
  await bench.notify('t', '5');
  expect(await bench.store.subscriptions.disabled()).toMatchObject([{ url: one.url }]);
});

test('a publisher that was told 200 is not lied to: what the store can not keep is 503', async () => {
  for (const down of ['rejects', 'full'] as const) {
    const store = memoryBroadcasterStore();
    const failing: BroadcasterStore = {
      ...store,
      deliveries: {
        ...store.deliveries,
        put: async () => {
          if (down === 'full') return 'full';
          throw new Error('It is down.');
        },
      },
    };
    const bench = await startBench({ ...soon, store: failing });
    const one = await bench.subscriber();
    const well = await bench.subscriber();
    await bench.subscribe(well.url, topic('t'));
    expect((await bench.notifyRequest('t', 'x')).status, 'nothing has to be kept').toBe(200);
    await bench.subscribe(one.url, topic('t'));
    one.behave((response) => void response.writeHead(500).end());
    expect((await bench.notifyRequest('t', 'x')).status).toBe(503);
    expect((await bench.broadcaster.metrics()).counts).toMatchObject({ published: 1, notPublished: 1 });
  }
});

test('a broadcaster that dies in the middle of it all: another one with the same store goes on', async () => {
  const clock = manualClock();
  const store = memoryBroadcasterStore({ clock });
  const dying = await startBench({ clock, store, timeouts: { fanOut: 100 }, start: false });
  const one = await dying.subscriber();
  await dying.subscribe(one.url, topic('t'));
  const never = Promise.withResolvers<void>();
  one.behave(() => never.promise);
  const publishing = dying.notify('t', 'hello');
  await vi.waitFor(() => expect(one.requests).toBe(1));
  await clock.advance(100);
  expect(await publishing).toBe(0);
  // It hangs from now on: its lease is never given back.
  one.behave(undefined);
  const next = await startBench({ clock, store, auth: dying.auth });
  await clock.advance(5_000);
  expect(one.received, 'it may be under way still').toHaveLength(1);
  await vi.waitFor(async () => {
    await clock.advance(3_000);
    expect(one.received).toHaveLength(2);
    expect((await store.deliveries.counts()).deliveries).toBe(0);
  });
  expect(one.received[1]?.data.toString()).toBe('hello');
  expect((await next.broadcaster.metrics()).counts.confirmed).toBe(1);
});

test('two broadcasters share what is to be tried again', async () => {
  const store = memoryBroadcasterStore();
  const bench = await startBench({ ...soon, store });
  await startBench({ ...soon, store, auth: bench.auth });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => void response.writeHead(500).end());
  for (let index = 0; index < 20; index += 1) await bench.notify('t', `${index}`);
  one.behave(undefined);
  const before = one.received.length;
  await vi.waitFor(async () => expect((await store.deliveries.counts()).deliveries).toBe(0));
  const dead = (await store.deliveries.counts()).deadLetters;
  const again = one.received.slice(before).map(({ data }) => data.toString());
  expect(new Set(again).size, 'nobody sends what the other one sends').toBe(again.length);
  expect(again.length + dead).toBeGreaterThanOrEqual(20);
});
