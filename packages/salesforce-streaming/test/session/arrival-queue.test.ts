import { setImmediate } from 'node:timers/promises';
import type { Demand } from '@millrace/core';
import { expect, test } from 'vitest';
import { createArrivalQueue } from '../../src/session/arrival-queue.ts';
import type { Arrival } from '../../src/transport.ts';

const arrival = (cursor: number, channel = '/event/A__e'): Arrival => ({
  channel,
  cursor: String(cursor),
  data: {},
  native: undefined,
});

/** Has room for `room` at a time; counts what is given back. */
function demandOf(room: number): Demand & { readonly cancelled: () => number } {
  let cancelled = 0;
  return {
    reserve: async (max) => Math.min(room, max),
    tryReserve: (max) => Math.min(room, max),
    cancel: (count) => void (cancelled += count),
    cancelled: () => cancelled,
  };
}

test('hands out in order as much as there is room for', async () => {
  let emptied = 0;
  const queue = createArrivalQueue(() => (emptied += 1));
  queue.push(Array.from({ length: 7 }, (_, n) => arrival(n)));
  const batches: string[][] = [];
  const empty = queue.whenEmpty();
  for await (const batch of queue.read(demandOf(3))) {
    batches.push(batch.map(({ cursor }) => cursor));
    if (queue.length === 0) queue.end();
  }
  await empty;
  expect(batches).toEqual([['0', '1', '2'], ['3', '4', '5'], ['6']]);
  expect(emptied).toBe(1);
});

test('forgets a channel, and gives back the room that was meant for it', async () => {
  const queue = createArrivalQueue(() => {});
  queue.push([arrival(1), arrival(2, '/event/B__e'), arrival(3)]);
  const demand = demandOf(10);
  const room = Promise.withResolvers<number>();
  const reading = queue.read({ ...demand, reserve: () => room.promise });
  const first = reading.next();
  queue.drop('/event/A__e');
  room.resolve(3);
  expect((await first).value).toEqual([arrival(2, '/event/B__e')]);
  expect(demand.cancelled()).toBe(2);
  expect(queue.channels()).toEqual(new Set());
});

test('an error comes after what came before it', async () => {
  const queue = createArrivalQueue(() => {});
  queue.push([arrival(1)]);
  queue.end(new Error('Over.'));
  const reading = queue.read(demandOf(10));
  expect((await reading.next()).value).toHaveLength(1);
  await expect(reading.next()).rejects.toThrow('Over.');
});

test('ends when there is no room any more because the source stops', async () => {
  const queue = createArrivalQueue(() => {});
  queue.push([arrival(1)]);
  expect(await queue.read(demandOf(0)).next()).toMatchObject({ done: true });
});

test('is empty two turns of the event loop before what it had is handed out, so that a poll can go first', async () => {
  const queue = createArrivalQueue(() => {});
  queue.push([arrival(1)]);
  let handedOut = false;
  const reading = queue
    .read(demandOf(10))
    .next()
    .then(() => (handedOut = true));
  await queue.whenEmpty();
  await setImmediate();
  expect(handedOut).toBe(false);
  await reading;
});

test('hands out at once what leaves others waiting, since no poll is due', async () => {
  const queue = createArrivalQueue(() => {});
  queue.push([arrival(1), arrival(2)]);
  let handedOut = false;
  void queue
    .read(demandOf(1))
    .next()
    .then(() => (handedOut = true));
  await setImmediate();
  expect(handedOut).toBe(true);
});
