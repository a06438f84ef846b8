import { describe, expect, test } from 'vitest';

import { createConsumer } from '../../src/consumer.ts';
import { MillraceError } from '../../src/errors.ts';
import { silentLogger } from '../../src/log.ts';
import { toPosition } from '../../src/message.ts';
import type { ReplayMarker, ReplayStorage } from '../../src/ports/replay-storage.ts';
import { replayKey } from '../../src/replay-key.ts';
import type { SourceContext, SourceSettings, StartPosition } from '../../src/source.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { seededRandom } from '../stores/support/seeded-random.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { logCapabilities } from '../support/capabilities.ts';
import type { Fault } from '../support/fault.ts';
import { heldHandler } from '../support/held-handler.ts';
import { idleSource } from '../support/idle-source.ts';
import { manualClock } from '../support/manual-clock.ts';
import type { ScriptedLogOptions } from '../support/scripted-log.ts';
import { scriptedLog } from '../support/scripted-log.ts';

const key = (channel = '') => replayKey('billing', 'journal', channel);

interface Options extends BenchOptions {
  readonly log?: never;
  readonly journal?: never;
  readonly source?: ScriptedLogOptions;
}

async function started({ source: sourceOptions, ...options }: Options = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedLog(sourceOptions);
  const set = bench(source, { ...options, clock });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, clock, source, held };
}

const positions = (fault: Fault): readonly string[] =>
  fault.calls
    .filter(({ name }) => name === 'save')
    .map(({ args }) => (args[1] as ReplayMarker).position as string);

const events = (count: number) => Array.from({ length: count }, () => ({}));

/** A replay storage that answers when the test says so. */
function slowReplay() {
  const saves: { readonly position: string; answer(): void }[] = [];
  let open = 0;
  let most = 0;
  const storage: ReplayStorage = {
    load: async () => undefined,
    async save(_, { position }) {
      open += 1;
      most = Math.max(most, open);
      const { promise, resolve } = Promise.withResolvers<void>();
      saves.push({ position, answer: resolve });
      await promise;
      open -= 1;
      return true;
    },
  };
  return { storage, saves, mostAtOnce: () => most };
}

describe('a marker never passes what is not settled', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('in whatever order handlers end (seed %i)', async (seed) => {
    const { source, held, idle, faults, store, consumer } = await started({ markers: { every: 1 } });
    const random = seededRandom(seed);
    const count = 40;
    const done = new Set<string>();
    source.append(...events(count));
    await idle();
    while (held.running.size > 0) {
      const running = [...held.running];
      const run = running[Math.floor(random() * running.length)];
      run?.finish();
      done.add(run?.message.id ?? '');
      await idle();
      let reached = 0;
      while (done.has(`e${reached + 1}`)) reached += 1;
      const marker = await store.replay.load(key());
      expect(marker?.position).toBe(reached === 0 ? undefined : `p${reached}`);
    }
    expect(done.size).toBe(count);
    const written = positions(faults.replay).map((position) => Number(position.slice(1)));
    expect(written).toEqual([...new Set(written)].toSorted((a, b) => a - b));
    expect(consumer.health().sources['journal']?.inFlight).toBe(0);
  });

  test('nor what waits to run again in place', async () => {
    const { source, held, clock, idle, faults } = await started({ markers: { every: 1 } });
    source.append(...events(2));
    await idle();
    held.run('e1').fail(new Error('no'));
    held.run('e2').finish();
    await clock.advance(999);
    expect(positions(faults.replay)).toEqual([]);
    await clock.advance(1);
    held.run('e1').finish();
    await idle();
    expect(positions(faults.replay)).toEqual(['p2']);
  });

  test('nor a dead letter that is not stored yet', async () => {
    const { source, held, clock, idle, faults } = await started({ markers: { every: 1 } });
    faults.deadLetters.condition = 'down';
    source.append(...events(2));
    await idle();
    held.run('e1').context.reject(new Error('never'));
    held.finishAll();
    await clock.advance(20_000);
    expect(positions(faults.replay)).toEqual([]);
    faults.deadLetters.condition = 'up';
    await clock.advance(5_000);
    expect(positions(faults.replay)).toEqual(['p2']);
  });

  test('nor what is not recorded as done yet', async () => {
    const { source, held, clock, idle, faults } = await started({ markers: { every: 1 } });
    source.append({});
    await idle();
    faults.idempotency.condition = 'down';
    held.finishAll();
    await clock.advance(20_000);
    expect(positions(faults.replay)).toEqual([]);
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(positions(faults.replay)).toEqual(['p1']);
  });
});

test('events that nobody handles count', async () => {
  const { source, idle, faults } = await started({ markers: { every: 3 } });
  source.append({ type: 'Other' }, { type: 'Other' }, { type: 'Other' });
  await idle();
  expect(positions(faults.replay)).toEqual(['p3']);
});

describe('a marker is written', () => {
  test('after so many settled messages', async () => {
    const { source, held, idle, faults } = await started({ markers: { every: 3, interval: 60_000 } });
    source.append(...events(7));
    await idle();
    for (const id of ['e1', 'e2']) held.run(id).finish();
    await idle();
    expect(positions(faults.replay)).toEqual([]);
    held.run('e3').finish();
    await idle();
    expect(positions(faults.replay)).toEqual(['p3']);
    held.finishAll();
    await idle();
    expect(positions(faults.replay).at(-1)).toMatch(/^p[67]$/);
  });

  test('or so long after the first of them', async () => {
    const { source, held, clock, idle, faults } = await started({ markers: { interval: 2_000 } });
    source.append(...events(2));
    await idle();
    held.run('e1').finish();
    await clock.advance(1_500);
    held.run('e2').finish();
    await clock.advance(499);
    expect(positions(faults.replay)).toEqual([]);
    await clock.advance(1);
    expect(positions(faults.replay)).toEqual(['p2']);
  });

  test('at drain, and not past what was given back', async () => {
    const { source, held, idle, faults, consumer, clock } = await started({
      drainTimeout: 1_000,
      markers: { interval: 60_000 },
    });
    source.append(...events(4));
    await idle();
    for (const id of ['e1', 'e2', 'e4']) held.run(id).finish();
    const stopped = consumer.stop();
    await clock.advance(10_000);
    await stopped;
    expect(positions(faults.replay)).toEqual(['p2']);
  });

  test('not again while it stands still', async () => {
    const { source, held, clock, idle, faults, consumer } = await started();
    source.append({});
    await idle();
    held.finishAll();
    await clock.advance(60_000);
    await consumer.stop();
    expect(positions(faults.replay)).toEqual(['p1']);
  });

  test('for each channel by itself', async () => {
    const { source, held, clock, idle, store } = await started({ source: { channels: ['a', 'b'] } });
    source.append({ channel: 'a' }, { channel: 'b' }, { channel: 'a' }, { channel: 'b' });
    await idle();
    for (const id of ['e1', 'e4', 'e3']) held.run(id).finish();
    await clock.advance(1_000);
    expect(await store.replay.load(key('a'))).toMatchObject({ position: 'p3' });
    expect(await store.replay.load(key('b'))).toBeUndefined();
    held.run('e2').finish();
    await clock.advance(1_000);
    expect(await store.replay.load(key('b'))).toMatchObject({ position: 'p4' });
  });

  test('one at a time, so that it never goes backward', async () => {
    const clock = manualClock();
    const { storage, saves, mostAtOnce } = slowReplay();
    const { source, held, idle } = await started({
      clock,
      store: { ...memoryStore({ clock }), replay: storage },
      markers: { every: 1, interval: 100 },
    });
    source.append(...events(3));
    await idle();
    held.run('e1').finish();
    await clock.advance(1_000);
    held.run('e2').finish();
    await clock.advance(1_000);
    held.run('e3').finish();
    await clock.advance(1_000);
    expect(saves.map(({ position }) => position)).toEqual(['p1']);
    saves[0]?.answer();
    await clock.advance(1_000);
    expect(saves.map(({ position }) => position)).toEqual(['p1', 'p3']);
    saves[1]?.answer();
    await clock.advance(1_000);
    expect(saves).toHaveLength(2);
    expect(mostAtOnce()).toBe(1);
  });

  test('to a plain Map as well', async () => {
    const clock = manualClock();
    const map = new Map<string, string>();
    const source = scriptedLog();
    const consumer = createConsumer({
      name: 'billing',
      sources: [source],
      store: { ...memoryStore({ clock }), replay: map },
      log: silentLogger,
      clock,
    });
    consumer.on('Ping', { name: 'ping' }, () => {});
    await consumer.start();
    source.append(...events(2));
    await clock.advance(1_000);
    expect([...map]).toEqual([[key(), 'p2']]);
    await consumer.stop();
  });
});

describe('while the replay storage is down', () => {
  test('handlers go on, the source says so, and the newest position is written in the end', async () => {
    const { source, held, clock, idle, faults, consumer } = await started();
    source.append(...events(3));
    await idle();
    faults.replay.condition = 'down';
    held.run('e1').finish();
    await clock.advance(30_000);
    expect(consumer.health().sources['journal']).toMatchObject({
      status: 'degraded',
      reason: {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/replay marker .* could not be written/) as string,
      },
    });
    held.run('e2').finish();
    held.run('e3').finish();
    source.append({});
    await idle();
    held.finishAll();
    await clock.advance(30_000);
    expect(held.started).toEqual(['e1', 'e2', 'e3', 'e4']);
    expect(consumer.health().sources['journal']?.inFlight).toBe(0);
    faults.replay.condition = 'up';
    await clock.advance(7_000);
    expect(positions(faults.replay).at(-1)).toBe('p4');
    expect(consumer.health().status).toBe('ready');
  });

  test('the consumer still stops', async () => {
    const { source, held, clock, idle, faults, consumer } = await started();
    source.append({});
    await idle();
    faults.replay.condition = 'hangs';
    held.finishAll();
    await clock.advance(1_000);
    let stopped = false;
    void consumer.stop().then(() => (stopped = true));
    await clock.advance(2_000);
    expect(stopped).toBe(true);
  });
});

describe('a marker that a newer owner has written', () => {
  test('is left alone; the source lets handlers end and then fails', async () => {
    const { source, held, clock, idle, store, consumer } = await started();
    source.append(...events(2));
    await idle();
    const newer = { position: toPosition('p9'), fence: 5 };
    await store.replay.save(key(), newer);
    held.run('e1').finish();
    await clock.advance(1_000);
    expect(consumer.health().sources['journal']).toMatchObject({
      status: 'degraded',
      reason: { code: 'MARKER_FENCED' },
    });
    source.append({});
    held.finishAll();
    await idle();
    expect(held.started).toEqual(['e1', 'e2']);
    expect(consumer.health().sources['journal']).toMatchObject({
      status: 'failed',
      reason: { code: 'SOURCE_FAILED', message: expect.stringMatching(/newer owner/) as string },
    });
    await clock.advance(60_000);
    expect(source.opened).toBe(1);
    expect(await store.replay.load(key())).toEqual(newer);
  });
});

describe('a broker that keeps positions itself', () => {
  const capabilities = { position: 'broker' } as const;

  test('is told by commit, and the replay storage is not', async () => {
    const { source, held, clock, idle, faults } = await started({ source: { capabilities } });
    source.append(...events(3));
    await idle();
    held.run('e1').finish();
    held.run('e3').finish();
    await clock.advance(1_000);
    expect(source.commits).toEqual([{ channel: '', position: 'p1' }]);
    held.run('e2').finish();
    await clock.advance(1_000);
    expect(source.commits.at(-1)).toEqual({ channel: '', position: 'p3' });
    expect(positions(faults.replay)).toEqual([]);
  });

  test('and fails is told again', async () => {
    const { source, held, clock, idle, consumer } = await started({ source: { capabilities } });
    source.append({});
    await idle();
    source.commitAnswer = () => Promise.reject(new Error('rebalancing'));
    held.finishAll();
    await clock.advance(1_000);
    expect(consumer.health().status).toBe('degraded');
    source.commitAnswer = undefined;
    await clock.advance(5_000);
    expect(source.commits).toEqual([{ channel: '', position: 'p1' }]);
    expect(consumer.health().status).toBe('ready');
  });
});

describe('a source is told to start', () => {
  async function startOf(settings: SourceSettings, marker?: string): Promise<StartPosition> {
    const clock = manualClock();
    const store = memoryStore({ clock });
    if (marker !== undefined) await store.replay.save(key('c'), { position: toPosition(marker), fence: 0 });
    const starts: StartPosition[] = [];
    const idle = idleSource({ name: 'journal', capabilities: logCapabilities, settings });
    const open = async (context: SourceContext) => {
      starts.push(await context.start('c'));
      return await idle.open(context);
    };
    const { consumer } = bench({ ...idle, open }, { clock, store });
    consumer.on('Ping', { name: 'ping' }, () => {});
    await consumer.start();
    await consumer.stop();
    return starts[0] ?? 'latest';
  }

  const at = { at: new Date(1_700_000_000_000) };
  const after = { after: toPosition('p7') };

  test.each<[string, SourceSettings, StartPosition]>([
    ['at the earliest', { start: 'earliest' }, 'earliest'],
    ['at the latest', { start: 'latest' }, 'latest'],
    ['at the latest by default', {}, 'latest'],
    ['after a position', { start: after }, after],
    ['at a time', { start: at }, at],
  ])('%s', async (_, settings, expected) => {
    expect(await startOf(settings)).toEqual(expected);
  });

  test('after its marker, whatever the settings say', async () => {
    expect(await startOf({ start: 'latest' }, 'p3')).toEqual({ after: 'p3' });
    expect(await startOf({ start: after }, 'p3')).toEqual({ after: 'p3' });
  });
});

describe('goes on at the first event that was not settled, and runs again only what was not done', () => {
  test('after a restart', async () => {
    const { source, held, clock, idle, store, consumer } = await started();
    source.append(...events(4));
    await idle();
    for (const id of ['e1', 'e3']) held.run(id).finish();
    await idle();
    await Promise.all([consumer.stop({ now: true }), clock.advance(10_000)]);

    const second = bench(source, { clock, store });
    const again = heldHandler();
    second.consumer.on('Ping', { name: 'ping' }, again.handle);
    await second.consumer.start();
    await clock.advance(30_000);
    expect(source.starts).toEqual([
      { channel: '', start: 'earliest' },
      { channel: '', start: { after: 'p1' } },
    ]);
    expect(again.started).toEqual(['e2', 'e4']);
    again.finishAll();
    await clock.advance(1_000);
    expect(await store.replay.load(key())).toMatchObject({ position: 'p4' });
  });

  test('after a broken session', async () => {
    const { source, held, clock, idle, store } = await started({ drainTimeout: 0 });
    source.append(...events(3));
    await idle();
    for (const id of ['e1', 'e3']) held.run(id).finish();
    await idle();
    source.breakSession(new MillraceError('SOURCE_FAILED', 'connection reset'));
    await clock.advance(40_000);
    expect(source.starts.at(-1)).toEqual({ channel: '', start: { after: 'p1' } });
    expect(held.started).toEqual(['e1', 'e2', 'e3', 'e2']);
    held.finishAll();
    await clock.advance(1_000);
    expect(await store.replay.load(key())).toMatchObject({ position: 'p3' });
  });
});
