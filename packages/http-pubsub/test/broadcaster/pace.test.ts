import { manualClock } from '@millrace/testing';
import { expect, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import { createPace } from '../../src/broadcaster/sending/pace.ts';
import { startBench, topic } from './support/bench.ts';

const url = 'http://subscriber.example/v1/receive';
const withdrawn = new AbortController().signal;

async function allowing(rate: number) {
  const clock = manualClock();
  const { subscriptions } = memoryBroadcasterStore({ clock });
  await subscriptions.subscribe({ url, wanted: topic('t'), recovery: undefined }, { origin: 'a', rate });
  let asked = 0;
  const counted = {
    turn(of: string) {
      asked += 1;
      return subscriptions.turn(of);
    },
  };
  const pace = createPace(counted, clock);
  return { clock, subscriptions, pace, subscriber: { url, allowedRate: rate }, asked: () => asked };
}

test('turns come one by one, evenly, to those who wait in their order; and to all broadcasters together', async () => {
  const { clock, subscriptions, pace, subscriber, asked } = await allowing(60);
  const elsewhere = createPace(subscriptions, clock);
  const began = clock.monotonic();
  const turns: [number, number][] = [];
  const wait = async (who: number, by = pace) => {
    expect(await by.turn(subscriber, withdrawn)).toBe(true);
    turns.push([who, clock.monotonic() - began]);
  };
  const all = [0, 1, 2, 3].map((who) => wait(who));
  for (let passed = 0; passed < 30; passed += 1) await clock.advance(100);
  await Promise.all(all);
  expect(turns).toEqual([
    [0, 0],
    [1, 1_000],
    [2, 2_000],
    [3, 3_000],
  ]);
  expect(asked(), 'the store is asked by the first in line only').toBe(7);
  expect(await elsewhere.tryTurn(subscriber)).toBe(1_000);
});

test('who does not wait is told to come again, one after the other, and not later than in a minute', async () => {
  const { clock, pace, subscriber } = await allowing(4);
  expect(await pace.tryTurn(subscriber)).toBeUndefined();
  const pauses = [];
  for (let times = 0; times < 6; times += 1) pauses.push(await pace.tryTurn(subscriber));
  expect(pauses).toEqual([15_000, 30_000, 45_000, 60_000, 60_000, 60_000]);
  await clock.advance(15_000);
  expect(await pace.tryTurn(subscriber)).toBeUndefined();
});

test('who gives up waiting keeps nobody else from a turn', async () => {
  const { clock, pace, subscriber } = await allowing(60);
  await pace.turn(subscriber, withdrawn);
  const over = new AbortController();
  const first = pace.turn(subscriber, over.signal);
  const second = pace.turn(subscriber, withdrawn);
  over.abort();
  expect(await first).toBe(false);
  await clock.advance(1_000);
  expect(await second).toBe(true);
});

test('a subscriber that allows one a minute gets one a minute, and loses none', async () => {
  const clock = manualClock();
  const store = memoryBroadcasterStore({ clock });
  const bench = await startBench({ clock, store, random: () => 0 });
  const one = await bench.subscriber();
  await store.subscriptions.subscribe(
    { url: one.url, wanted: topic('t'), recovery: undefined },
    { origin: 'a', rate: 1 },
  );
  expect(await bench.broadcaster.notify('t', '0')).toMatchObject({ subscribers: 1 });
  const others = [1, 2].map((each) => bench.broadcaster.notify('t', String(each)));
  for (let passed = 0; passed < 10; passed += 1) await clock.advance(1_000);
  expect(await Promise.all(others)).toMatchObject([{ subscribers: 0 }, { subscribers: 0 }]);
  const times = [clock.monotonic()];
  while (one.received.length < 3) {
    await clock.advance(1_000);
    if (one.received.length > times.length) times.push(clock.monotonic());
  }
  expect(one.received.map(({ data }) => String(data)).toSorted()).toEqual(['0', '1', '2']);
  expect((times[2] ?? 0) - (times[1] ?? 0)).toBeGreaterThanOrEqual(59_000);
  await vi.waitFor(async () => expect((await store.deliveries.counts()).deliveries).toBe(0));
  expect((await store.deliveries.counts()).deadLetters).toBe(0);
});
