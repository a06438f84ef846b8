import { describe, expect, test } from 'vitest';

import { replayKey } from '../../src/replay-key.ts';
import type { SourceSettings } from '../../src/source.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started(settings: SourceSettings = { commit: 'manual' }) {
  const source = scriptedLog({ settings: { start: 'earliest', ...settings } });
  const set = bench(source, { markers: { every: 1 } });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  const marker = async () => (await set.store.replay.load(replayKey('billing', 'journal', '')))?.position;
  return { ...set, source, held, marker };
}

describe('a marker that handlers move', () => {
  test('stays where it is when events are handled and nobody commits', async () => {
    const { source, held, idle, marker, clock } = await started();
    source.append({}, {});
    await idle();
    held.finishAll();
    await clock.advance(10_000);
    expect(await marker()).toBeUndefined();
  });

  test('moves with a commit, also long after the handler has ended', async () => {
    const { source, held, idle, marker } = await started();
    source.append({}, {}, {});
    await idle();
    held.finishAll();
    await idle();
    held.run('e2').context.commit();
    await idle();
    expect(await marker()).toBe('p2');
    held.run('e3').context.commit();
    await idle();
    expect(await marker()).toBe('p3');
  });

  test('does not pass an event that is still handled', async () => {
    const { source, held, idle, marker } = await started();
    source.append({}, {});
    await idle();
    held.run('e2').context.commit();
    held.run('e2').finish();
    await idle();
    expect(await marker()).toBeUndefined();
    held.run('e1').finish();
    await idle();
    expect(await marker()).toBe('p2');
  });

  test('needs no commit past what no handler takes, and past a dead letter', async () => {
    const { source, held, idle, marker } = await started();
    source.append({ type: 'Unknown' }, {});
    await idle();
    expect(await marker()).toBe('p1');
    held.run('e2').context.reject(new Error('never'));
    held.finishAll();
    await idle();
    expect(await marker()).toBe('p2');
  });

  test('warns when very many events wait for a commit', async () => {
    const source = scriptedLog({ settings: { start: 'earliest', commit: 'manual' } });
    const { consumer, idle, log } = bench(source);
    consumer.on('Ping', { name: 'ping' }, () => {});
    await consumer.start();
    source.append(...Array.from({ length: 10_001 }, () => ({})));
    await idle();
    expect(log.lines.filter(({ message }) => message.includes('commit()'))).toHaveLength(1);
  });

  test('is not for sources without positions', () => {
    const source = scriptedSource({ settings: { commit: 'manual' } });
    expect(() => bench(source)).toThrow(expect.objectContaining({ code: 'CAPABILITY_MISSING' }));
  });
});

test('elsewhere a commit changes nothing', async () => {
  const { source, held, idle, marker } = await started({});
  source.append({}, {});
  await idle();
  held.run('e2').context.commit();
  held.run('e2').finish();
  await idle();
  expect(await marker()).toBeUndefined();
  held.run('e1').finish();
  await idle();
  expect(await marker()).toBe('p2');
});
