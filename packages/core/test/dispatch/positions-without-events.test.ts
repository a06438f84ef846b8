import { describe, expect, test } from 'vitest';

import { replayKey } from '../../src/replay-key.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import type { ScriptedLogOptions } from '../support/scripted-log.ts';
import { scriptedLog } from '../support/scripted-log.ts';

async function started(options: ScriptedLogOptions = {}) {
  const source = scriptedLog(options);
  const set = bench(source, { markers: { every: 1 } });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  const marker = async (scope?: string) =>
    (await set.store.replay.load(replayKey('billing', 'journal', '', scope)))?.position;
  return { ...set, source, held, marker };
}

describe('a position that the broker passes without an event', () => {
  test('moves the marker of a channel that had no event', async () => {
    const { source, idle, marker } = await started();
    source.pass();
    await idle();
    expect(await marker()).toBe('p1');
  });

  test('waits for the events before it', async () => {
    const { source, held, idle, marker } = await started();
    source.append({});
    source.pass();
    await idle();
    expect(await marker()).toBeUndefined();
    held.run('e1').finish();
    await idle();
    expect(await marker()).toBe('p2');
  });

  test('takes no room from the events', async () => {
    const { source, held, idle } = await started({
      settings: { start: 'earliest', concurrency: 1, prefetch: 0 },
    });
    source.pass();
    source.pass();
    source.append({ id: 'one' });
    await idle();
    expect(held.started).toEqual(['one']);
  });
});

describe('the scope of a session', () => {
  test('is part of the key of its markers, and of where it starts', async () => {
    const { source, held, idle, marker, store } = await started({ scope: 'org-1' });
    source.append({});
    await idle();
    held.run('e1').finish();
    await idle();
    expect(await marker('org-1')).toBe('p1');
    expect(await marker('org-2')).toBeUndefined();
    expect(await marker()).toBeUndefined();

    const again = scriptedLog({ scope: 'org-1' });
    const other = scriptedLog({ name: 'other', scope: 'org-2' });
    const { consumer } = bench([again, other], { store });
    consumer.on('Ping', { name: 'ping' }, async () => {});
    await consumer.start();
    expect(again.starts).toEqual([{ channel: '', start: { after: 'p1' } }]);
    expect(other.starts).toEqual([{ channel: '', start: 'earliest' }]);
  });
});
