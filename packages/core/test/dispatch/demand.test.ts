import { describe, expect, test } from 'vitest';

import { createDemand } from '../../src/demand.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

describe('room for messages', () => {
  test('is given out up to the limit, then waited for', async () => {
    const demand = createDemand(5);
    expect(await demand.reserve(3)).toBe(3);
    expect(await demand.reserve(3)).toBe(2);
    expect(demand.tryReserve(1)).toBe(0);
    const waiting = demand.reserve(3);
    demand.free(1);
    expect(await waiting).toBe(1);
  });

  test('goes to those who asked first, and together they never hold more than the limit', async () => {
    const demand = createDemand(4);
    await demand.reserve(4);
    const granted: string[] = [];
    const reserve = async (name: string, max: number) => granted.push(`${name}:${await demand.reserve(max)}`);
    const all = [reserve('first', 2), reserve('second', 2), reserve('third', 2)];
    expect(demand.tryReserve(1)).toBe(0);
    demand.free(3);
    await Promise.all(all.slice(0, 2));
    expect(granted).toEqual(['first:2', 'second:1']);
    demand.cancel(1);
    await all[2];
    expect(granted).toEqual(['first:2', 'second:1', 'third:1']);
  });

  test('that a fetch did not use goes back', async () => {
    const demand = createDemand(5);
    await demand.reserve(5);
    demand.cancel(2);
    expect(await demand.reserve(10)).toBe(2);
  });

  test('is no longer given out once the source stops', async () => {
    const demand = createDemand(1);
    await demand.reserve(1);
    const waiting = demand.reserve(1);
    demand.close();
    expect(await waiting).toBe(0);
    demand.free(1);
    expect(await demand.reserve(1)).toBe(0);
    expect(demand.tryReserve(1)).toBe(0);
  });
});

describe('a consumer', () => {
  test('never holds more than concurrency + prefetch, and runs no more than concurrency', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock, settings: { concurrency: 3, prefetch: 4 }, batch: 5 });
    const { consumer, idle } = bench(source, { clock });
    const held = heldHandler();
    consumer.on('Ping', held.handle);
    await consumer.start();
    source.send(...Array.from({ length: 50 }, () => ({})));
    for (let round = 0; round < 60; round += 1) {
      await idle();
      held.finishAll();
    }
    await idle();
    expect(source.settledAs('done')).toHaveLength(50);
    expect(source.mostInFlight).toBe(7);
    expect(held.mostRunning).toBe(3);
  });

  test('takes in nothing more while its handlers are busy, and goes on when they are not', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock, settings: { concurrency: 2, prefetch: 1 } });
    const { consumer, idle } = bench(source, { clock });
    const held = heldHandler();
    consumer.on('Ping', held.handle);
    await consumer.start();
    source.send(...Array.from({ length: 10 }, () => ({})));
    await idle();
    expect(source.backlog).toHaveLength(7);
    await clock.advance(20_000);
    expect(source.backlog).toHaveLength(7);
    held.run('m1').finish();
    await idle();
    expect(source.backlog).toHaveLength(6);
    expect(held.started).toEqual(['m1', 'm2', 'm3']);
  });

  test('prefetches as many as it runs unless told otherwise', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock, settings: { concurrency: 2 } });
    const { consumer, idle } = bench(source, { clock });
    consumer.on('Ping', heldHandler().handle);
    await consumer.start();
    source.send(...Array.from({ length: 10 }, () => ({})));
    await idle();
    expect(source.mostInFlight).toBe(4);
  });
});
