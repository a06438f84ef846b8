import { describe, expect, test } from 'vitest';

import { MillraceError } from '../../src/errors.ts';
import { toPosition } from '../../src/message.ts';
import type { ReplayStorage } from '../../src/ports/replay-storage.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { openStore } from '../stores/support/open-store.ts';
import { seededRandom, shuffled } from '../stores/support/seeded-random.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { manualClock } from '../support/manual-clock.ts';
import type { ScriptedLog, ScriptedLogOptions } from '../support/scripted-log.ts';
import { scriptedLog } from '../support/scripted-log.ts';

const key = 'billing/journal/';

async function started(options: BenchOptions = {}, logOptions: ScriptedLogOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedLog(logOptions);
  const set = bench(source, { retry: { attempts: 1 }, ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  const marker = async (channel = '') => (await set.store.replay.load(`${key}${channel}`))?.position;
  return { ...set, source, held, marker };
}

const appended = (count: number) => Array.from({ length: count }, () => ({}));

describe('a marker', () => {
  test('waits for the oldest message that is not settled', async () => {
    const { source, held, marker, idle } = await started({ markers: { every: 1 } });
    source.append(...appended(4));
    await idle();
    held.run('e2').finish();
    held.run('e4').finish();
    await idle();
    expect(await marker()).toBeUndefined();
    held.run('e1').finish();
    await idle();
    expect(await marker()).toBe('p2');
    held.run('e3').finish();
    await idle();
    expect(await marker()).toBe('p4');
  });

  test.each([1, 2, 3, 4, 5])(
    'never passes one, in whatever order they are settled (seed %d)',
    async (seed) => {
      const { source, held, idle, faults } = await started({ markers: { every: 1 } });
      const count = 30;
      source.append(...appended(count));
      await idle();
      const open = new Set(held.started.map((id) => Number(id.slice(1))));
      const random = seededRandom(seed);
      let last = 0;
      while (open.size > 0) {
        const [next = 0] = shuffled([...open], random);
        held.run(`e${next}`).finish();
        open.delete(next);
        await idle();
        for (const id of held.started) if (held.running.has(held.run(id))) open.add(Number(id.slice(1)));
        for (const { args } of faults.replay.calls.splice(0)) {
          const position = Number((args[1] as { readonly position: string } | undefined)?.position.slice(1));
          if (Number.isNaN(position)) continue;
          expect(position).toBeGreaterThan(last);
          expect(position).toBeLessThan(Math.min(...open, count + 1));
          last = position;
        }
      }
      expect(last).toBe(count);
    },
  );

  test('passes events that nobody handles, and events that were given up on once their letters are stored', async () => {
    const { source, held, marker, idle, clock, faults } = await started({ markers: { every: 1 } });
    faults.deadLetters.condition = 'down';
    source.append({ type: 'Unknown' }, {}, { type: 'Unknown' });
    await idle();
    held.run('e2').fail(new Error('never'));
    await idle();
    expect(await marker()).toBe('p1');
    faults.deadLetters.condition = 'up';
    await clock.advance(5_000);
    expect(await marker()).toBe('p3');
  });

  test('is kept for each channel by itself', async () => {
    const { source, held, marker, idle } = await started(
      { markers: { every: 1 } },
      { channels: ['one', 'two'] },
    );
    source.append({ channel: 'one' }, { channel: 'two' }, { channel: 'one' }, { channel: 'two' });
    await idle();
    held.run('e2').finish();
    held.run('e3').finish();
    held.run('e4').finish();
    await idle();
    expect(await marker('one')).toBeUndefined();
    expect(await marker('two')).toBe('p4');
  });
});

describe('a marker is written', () => {
  test('after so many messages', async () => {
    const { source, held, marker, idle } = await started({ markers: { every: 3, interval: 3_600_000 } });
    source.append(...appended(5));
    await idle();
    for (const id of ['e1', 'e2']) held.run(id).finish();
    await idle();
    expect(await marker()).toBeUndefined();
    held.run('e3').finish();
    await idle();
    expect(await marker()).toBe('p3');
  });

  test('or after so much time', async () => {
    const { source, held, marker, idle, clock } = await started({ markers: { every: 1_000, interval: 500 } });
    source.append(...appended(3));
    await idle();
    held.run('e1').finish();
    await clock.advance(499);
    held.run('e2').finish();
    expect(await marker()).toBeUndefined();
    await clock.advance(1);
    expect(await marker()).toBe('p2');
    // And not again while nothing moves.
    await clock.advance(10_000);
    expect(clock.pending).toBe(2);
  });

  test('by default after 100 messages or a second', async () => {
    const { source, held, marker, clock } = await started();
    source.append(...appended(1));
    await clock.advance(0);
    held.finishAll();
    await clock.advance(999);
    expect(await marker()).toBeUndefined();
    await clock.advance(1);
    expect(await marker()).toBe('p1');
    source.append(...appended(100));
    for (let round = 0; round < 10; round += 1) {
      held.finishAll();
      await clock.advance(0);
    }
    expect(await marker()).toBe('p101');
  });

  test('when the consumer stops', async () => {
    const { source, held, marker, idle, consumer } = await started({
      markers: { every: 1_000, interval: 3_600_000 },
    });
    source.append(...appended(2));
    await idle();
    held.finishAll();
    await idle();
    await consumer.stop();
    expect(await marker()).toBe('p2');
  });

  test('when the consumer stops only if it has moved', async () => {
    const { source, held, idle, consumer, faults } = await started({ markers: { every: 1 } });
    source.append({});
    await idle();
    held.finishAll();
    await idle();
    await consumer.stop();
    expect(faults.replay.calls.filter(({ name }) => name === 'save')).toHaveLength(1);
  });

  test('when the consumer stops after a write that is still under way', async () => {
    const clock = manualClock();
    const store = memoryStore({ clock });
    const writes: { readonly position: string; readonly finish: () => void }[] = [];
    const replay: ReplayStorage = {
      ...store.replay,
      async save(name, marker) {
        await new Promise<void>((resolve) => writes.push({ position: marker.position, finish: resolve }));
        return await store.replay.save(name, marker);
      },
    };
    const { source, held, idle, marker, consumer } = await started({
      clock,
      store: { ...store, replay },
      markers: { every: 1 },
    });
    source.append({}, {});
    await idle();
    held.run('e1').finish();
    await idle();
    held.run('e2').finish();
    const stopped = consumer.stop();
    await idle();
    expect(writes.map(({ position }) => position)).toEqual(['p1']);
    writes[0]?.finish();
    await idle();
    expect(writes.map(({ position }) => position)).toEqual(['p1', 'p2']);
    writes[1]?.finish();
    await stopped;
    expect(await marker()).toBe('p2');
  });

  test('one write at a time, and what came meanwhile with the next', async () => {
    const clock = manualClock();
    const store = memoryStore({ clock });
    const writes: { readonly position: string; readonly finish: () => void }[] = [];
    const replay: ReplayStorage = {
      ...store.replay,
      async save(name, marker) {
        await new Promise<void>((resolve) => writes.push({ position: marker.position, finish: resolve }));
        return await store.replay.save(name, marker);
      },
    };
    const { source, held, idle, marker } = await started({
      clock,
      store: { ...store, replay },
      markers: { every: 1, interval: 200 },
    });
    source.append(...appended(20));
    for (let round = 0; round < 20; round += 1) {
      held.finishAll();
      await idle();
    }
    await clock.advance(5_000);
    expect(writes.map(({ position }) => position)).toEqual(['p1']);
    writes[0]?.finish();
    await idle();
    expect(writes.map(({ position }) => position)).toEqual(['p1', 'p20']);
    writes[1]?.finish();
    await idle();
    expect(await marker()).toBe('p20');
  });

  test('to any Map', async () => {
    const clock = manualClock();
    const map = new Map<string, string>();
    const source = scriptedLog();
    const { consumer } = bench(source, { clock, replay: map });
    consumer.on('Ping', () => {});
    await consumer.start();
    source.append({}, {});
    await clock.advance(1_000);
    expect([...map]).toEqual([[key, 'p2']]);
    await consumer.stop();
    const again = scriptedLog();
    again.append({}, {}, {});
    const next = bench(again, { clock, replay: map });
    const seen: string[] = [];
    next.consumer.on('Ping', ({ id }) => void seen.push(id));
    await next.consumer.start();
    await clock.advance(0);
    expect(seen).toEqual(['e3']);
  });

  test('to SQLite', async () => {
    const { source, held, idle, marker } = await started({ store: openStore(), markers: { every: 1 } });
    source.append({});
    await idle();
    held.finishAll();
    await idle();
    expect(await marker()).toBe('p1');
  });

  test('at the broker, where the session keeps it', async () => {
    const { source, held, idle, marker, consumer } = await started(
      { markers: { every: 2 } },
      { capabilities: { position: 'broker' }, channels: ['one'] },
    );
    source.append({ channel: 'one' }, { channel: 'one' }, { channel: 'one' });
    await idle();
    held.finishAll();
    await idle();
    expect(source.commits).toEqual([{ channel: 'one', position: 'p2' }]);
    await consumer.stop();
    expect(source.commits).toEqual([
      { channel: 'one', position: 'p2' },
      { channel: 'one', position: 'p3' },
    ]);
    expect(await marker('one')).toBeUndefined();
  });
});

describe('while the replay storage is down', () => {
  test('messages are handled, the source says what is wrong, and the marker catches up', async () => {
    const { source, held, clock, consumer, marker, faults, log } = await started({
      markers: { every: 1, interval: 100 },
    });
    faults.replay.condition = 'down';
    for (let round = 0; round < 20; round += 1) {
      source.append({}, {});
      await clock.advance(1_000);
      held.finishAll();
    }
    await clock.advance(1_000);
    expect(held.started).toHaveLength(40);
    expect(consumer.health().sources['journal']).toMatchObject({
      status: 'degraded',
      reason: {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/^The replay marker of "" could not be written/) as string,
      },
    });
    expect(
      log.lines.some(({ level, message }) => level === 'error' && message.includes('replay marker')),
    ).toBe(true);
    faults.replay.condition = 'up';
    await clock.advance(5_000);
    expect(await marker()).toBe('p40');
    expect(consumer.health().status).toBe('ready');
  });

  test('a start fails, since nobody knows from where', async () => {
    const clock = manualClock();
    const { consumer, faults } = bench(scriptedLog(), { clock });
    consumer.on('Ping', () => {});
    faults.replay.condition = 'down';
    const start = consumer.start();
    await expect(Promise.all([start, clock.advance(60_000)])).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
  });
});

test('a marker that a newer owner has written fails the source: it must not read on', async () => {
  const { source, held, store, clock, consumer } = await started({ markers: { every: 1 } });
  source.append({}, {});
  await clock.advance(0);
  await store.replay.save(key, { position: toPosition('p9'), fence: 7 });
  held.run('e1').finish();
  await clock.advance(0);
  held.finishAll();
  await clock.advance(30_000);
  expect(consumer.health().sources['journal']).toMatchObject({
    status: 'failed',
    reason: { code: 'SOURCE_FAILED' },
  });
  expect(consumer.health().sources['journal']?.reason?.message).toMatch(
    /A newer owner writes the replay marker/,
  );
  expect(await store.replay.load(key)).toEqual({ position: 'p9', fence: 7 });
});

test('one refused by the broker that keeps it does too', async () => {
  const { source, held, clock, consumer } = await started(
    { markers: { every: 1 } },
    { capabilities: { position: 'broker' } },
  );
  source.commitAnswer = async () => {
    throw new MillraceError('MARKER_FENCED', 'Rebalanced.');
  };
  source.append({});
  await clock.advance(0);
  held.finishAll();
  await clock.advance(30_000);
  expect(consumer.health().sources['journal']?.status).toBe('failed');
});

describe('reading starts', () => {
  const startOf = async (source: ScriptedLog, clock: ManualClock, store = memoryStore({ clock })) => {
    const { consumer } = bench(source, { clock, store });
    consumer.on('Ping', () => {});
    await consumer.start();
    return source.starts.map(({ start }) => start);
  };

  test('with what is new, unless told otherwise', async () => {
    expect(await startOf(scriptedLog({ settings: {} }), manualClock())).toEqual(['latest']);
  });

  test.each(['earliest' as const, { after: toPosition('p3') }])(
    'where the settings say (%o)',
    async (start) => {
      expect(await startOf(scriptedLog({ settings: { start } }), manualClock())).toEqual([start]);
    },
  );

  test('after the marker where there is one, whatever the settings say', async () => {
    const clock = manualClock();
    const store = memoryStore({ clock });
    await store.replay.save(key, { position: toPosition('p2'), fence: 0 });
    expect(await startOf(scriptedLog({ settings: { start: 'earliest' } }), clock, store)).toEqual([
      { after: 'p2' },
    ]);
  });

  test('again at the first message that was not settled, after a restart', async () => {
    const first = await started();
    first.source.append(...appended(5));
    await first.idle();
    for (const id of ['e1', 'e2', 'e4']) first.held.run(id).finish();
    await first.idle();
    const stopping = first.consumer.stop({ now: true });
    for (const id of ['e3', 'e5']) first.held.run(id).fail(new Error('aborted'));
    await first.clock.advance(10_000);
    await stopping;

    const source = scriptedLog();
    source.append(...appended(6));
    const { consumer, idle } = bench(source, { clock: first.clock, store: first.store });
    const seen: string[] = [];
    consumer.on('Ping', { name: 'ping' }, ({ id }, { attempt, redelivered }) => {
      seen.push(`${id} ${attempt} ${redelivered}`);
    });
    await consumer.start();
    await idle();
    // e4 was done already; e3 and e5 were cut short and may have had an effect.
    expect(seen).toEqual(['e3 2 true', 'e5 2 true', 'e6 1 false']);
  });
});
