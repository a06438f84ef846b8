import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test } from 'vitest';

import type { Diagnostics } from '../../src/diagnostics.ts';
import { diagnose, tracing } from '../../src/diagnostics.ts';
import { toPosition } from '../../src/message.ts';
import { replayKey } from '../../src/replay-key.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedLog } from '../support/scripted-log.ts';
import { scriptedSource } from '../support/scripted-source.ts';

type PlainChannel = Exclude<keyof Diagnostics, 'handle'>;

function heard<Key extends PlainChannel>(key: Key): readonly Diagnostics[Key][] {
  const events: Diagnostics[Key][] = [];
  const listener = (event: unknown) => void events.push(event as Diagnostics[Key]);
  subscribe(`millrace:${key}`, listener);
  onTestFinished(() => void unsubscribe(`millrace:${key}`, listener));
  return events;
}

type HandleEvent = Diagnostics['handle'] & { readonly error?: unknown };

/** What a tracing channel tells of the handlers' runs, in order. */
function traced() {
  const events: (readonly [string, HandleEvent])[] = [];
  const at = (name: string) => (event: unknown) => void events.push([name, event as HandleEvent]);
  const channel = tracingChannel<unknown, Diagnostics['handle']>('millrace:handle');
  const listeners = {
    start: at('start'),
    end: at('end'),
    asyncStart: at('asyncStart'),
    asyncEnd: at('asyncEnd'),
    error: at('error'),
  };
  channel.subscribe(listeners);
  onTestFinished(() => {
    channel.unsubscribe(listeners);
  });
  return events;
}

async function started(options: BenchOptions = {}) {
  const clock = manualClock();
  const source = scriptedSource({ clock });
  const set = bench(source, { clock, ...options });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held };
}

describe('told is', () => {
  test('what is received', async () => {
    const events = heard('receive');
    const { source, idle } = await started();
    source.send({}, {}, {});
    await idle();
    expect(events).toEqual([{ source: 'orders', count: 3 }]);
  });

  test('each verdict on a claim', async () => {
    const events = heard('claim');
    const { source, held, idle } = await started();
    source.send({ id: 'a' });
    await idle();
    held.finishAll();
    await idle();
    source.send({ id: 'a' });
    await idle();
    const subject = { source: 'orders', messageId: 'a', handler: 'ping' };
    expect(events).toEqual([
      { ...subject, verdict: { status: 'claimed', fence: 1, attempt: 1, takeover: false } },
      { ...subject, verdict: { status: 'done' } },
    ]);
  });

  test('a retry by the broker', async () => {
    const events = heard('retry');
    const { source, held, idle } = await started();
    const cause = new Error('no');
    source.send({ id: 'a' });
    await idle();
    held.run('a').fail(cause);
    await idle();
    expect(events).toEqual([{ source: 'orders', messageId: 'a', delay: 1_000, where: 'broker', cause }]);
  });

  test('a retry in place', async () => {
    const events = heard('retry');
    const { source, held, idle } = await started({ retry: { where: 'in-place', delay: 50 } });
    const cause = new Error('no');
    source.send({ id: 'a' });
    await idle();
    held.run('a').fail(cause);
    await idle();
    expect(events).toEqual([{ source: 'orders', messageId: 'a', delay: 50, where: 'in-place', cause }]);
  });

  test('every settlement that the broker took, once', async () => {
    const events = heard('settle');
    const { source, held, clock, consumer } = await started({ drainTimeout: 0 });
    source.send({ id: 'done' }, { id: 'dead' }, { id: 'retry' }, { id: 'unhandled', type: 'Other' });
    await clock.advance(0);
    held.run('done').finish();
    held.run('dead').context.reject(new Error('never'));
    held.run('dead').finish();
    held.run('retry').fail(new Error('no'));
    await clock.advance(0);
    expect(events).toHaveLength(4);
    source.settleAnswer = () => new Error('connection reset');
    source.send({ id: 'late' });
    await clock.advance(0);
    held.run('late').finish();
    await clock.advance(50);
    expect(events).toHaveLength(4);
    source.settleAnswer = undefined;
    await clock.advance(500);
    source.send(...Array.from({ length: 20 }, (_, index) => ({ id: `queued${index}` })));
    await clock.advance(0);
    await Promise.all([consumer.stop(), clock.advance(10_000)]);

    const told = source.settlements.map(({ incoming: { id, type }, outcome }) => ({
      source: 'orders',
      messageId: id,
      type,
      outcome,
    }));
    expect(new Set(told.map(({ outcome }) => outcome))).toEqual(
      new Set(['done', 'dead', 'retry', 'release']),
    );
    expect(events).toEqual(told);
  });

  test('a dead letter as it was stored', async () => {
    const events = heard('dead-letter');
    const { source, held, idle, consumer } = await started();
    source.send({ id: 'a', data: { order: 7 } });
    await idle();
    held.run('a').context.reject(new Error('never'));
    held.finishAll();
    await idle();
    const { letters } = await consumer.deadLetters.list();
    expect(letters).toHaveLength(1);
    expect(events).toEqual(letters.map((letter) => ({ source: 'orders', letter })));
  });

  test('a marker when it is written', async () => {
    const events = heard('marker');
    const clock = manualClock();
    const source = scriptedLog({ channels: ['a'] });
    const { consumer, faults, store } = bench(source, { clock });
    consumer.on('Ping', { name: 'ping' }, () => {});
    await consumer.start();
    faults.replay.condition = 'down';
    source.append({ channel: 'a' }, { channel: 'a' });
    await clock.advance(10_000);
    expect(events).toEqual([]);
    faults.replay.condition = 'up';
    await clock.advance(5_000);
    expect(events).toEqual([{ source: 'journal', channel: 'a', position: 'p2' }]);
    await store.replay.save(replayKey('billing', 'journal', 'a'), { position: toPosition('p9'), fence: 5 });
    source.append({ channel: 'a' });
    await clock.advance(5_000);
    expect(events).toHaveLength(1);
  });

  test('how a drain goes', async () => {
    const events = heard('drain');
    const { source, consumer, clock } = await started({ drainTimeout: 5_000 });
    source.send({}, {});
    await clock.advance(0);
    await Promise.all([consumer.stop(), clock.advance(20_000)]);
    expect(events).toEqual([
      { source: 'orders', phase: 'started', inFlight: 2 },
      { source: 'orders', phase: 'aborting', inFlight: 2 },
      { source: 'orders', phase: 'finished', inFlight: 0 },
    ]);
  });

  test('that a drain had nothing to abort', async () => {
    const events = heard('drain');
    const { consumer } = await started();
    await consumer.stop();
    expect(events.map(({ phase }) => phase)).toEqual(['started', 'finished']);
  });
});

describe('the run of a handler is traced', () => {
  test('from its start to its end', async () => {
    const events = traced();
    const { source, held, idle } = await started();
    source.send({ id: 'a', data: { order: 7 } });
    await idle();
    expect(events.map(([name]) => name)).toEqual(['start', 'end']);
    held.finishAll();
    await idle();
    expect(events.map(([name]) => name)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd']);
    for (const [, event] of events) {
      expect(event).toMatchObject({
        source: 'orders',
        handler: 'ping',
        attempt: 1,
        message: { id: 'a', type: 'Ping', data: { order: 7 } },
      });
    }
    // Listeners keep what belongs to one run, such as a span, by this object.
    expect(new Set(events.map(([, event]) => event)).size).toBe(1);
  });

  test('with its error', async () => {
    const events = traced();
    const { source, held, clock } = await started();
    const error = new Error('no');
    source.send({ id: 'a' });
    await clock.advance(0);
    held.run('a').fail(error);
    await clock.advance(1_000);
    held.run('a').finish();
    await clock.advance(0);
    expect(events.filter(([name]) => name === 'error').map(([, event]) => event)).toEqual([
      expect.objectContaining({ error, attempt: 1 }),
    ]);
    expect(events.filter(([name]) => name === 'start').map(([, { attempt }]) => attempt)).toEqual([1, 2]);
  });

  test('and not changed by it: without a listener the same comes out', async () => {
    const outcomes = async () => {
      const { source, held, idle } = await started();
      source.send({ id: 'a' }, { id: 'b' });
      await idle();
      held.run('a').finish();
      held.run('b').fail(new Error('no'));
      await idle();
      return source.settlements.map(({ incoming, outcome }) => [incoming.id, outcome]);
    };
    expect(tracing.handle.hasSubscribers).toBe(false);
    const untraced = await outcomes();
    const events = traced();
    expect(await outcomes()).toEqual(untraced);
    expect(events).not.toEqual([]);
  });
});

test('nothing is built for a channel that nobody listens to', () => {
  let built = 0;
  const build = () => ({ source: 'orders', count: (built += 1) });
  diagnose('receive', build);
  expect(built).toBe(0);
  const events = heard('receive');
  diagnose('receive', build);
  expect(events).toEqual([{ source: 'orders', count: 1 }]);
});
