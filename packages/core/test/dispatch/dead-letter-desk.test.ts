import { describe, expect, test } from 'vitest';
import { z } from 'zod';

import type { DeadLetterQuery } from '../../src/ports/dead-letter-store.ts';
import { MillraceError } from '../../src/errors.ts';
import type { Handler, PlainOptions, SchemaOptions } from '../../src/handler.ts';
import type { HandlerContext } from '../../src/handler-context.ts';
import type { Message } from '../../src/message.ts';
import type { RedriveResult } from '../../src/redrive.ts';
import type { BenchOptions } from '../support/bench.ts';
import { bench } from '../support/bench.ts';
import { manualClock } from '../support/manual-clock.ts';
import { refusal } from '../support/refusal.ts';
import type { Sent } from '../support/scripted-source.ts';
import { scriptedSource } from '../support/scripted-source.ts';

const declines: Handler = (_, context) => context.reject(new Error('card declined'));

interface DeskOptions extends BenchOptions {
  readonly source?: string;
  readonly handler?: PlainOptions | SchemaOptions<z.ZodType>;
}

/** A consumer that gives up on every event until it is told to do otherwise. */
async function desk({ source: name = 'orders', handler = {}, ...options }: DeskOptions = {}) {
  const { clock = manualClock() } = options;
  const source = scriptedSource({ clock, name });
  const set = bench(source, { ...options, clock });
  const runs: { readonly message: Message; readonly context: HandlerContext }[] = [];
  let handle = declines;
  set.consumer.on('Ping', { name: 'ping', ...handler } as PlainOptions, (message, context) => {
    runs.push({ message, context });
    return handle(message, context);
  });
  await set.consumer.start();
  const letters = async (query?: DeadLetterQuery) => (await set.consumer.deadLetters.list(query)).letters;
  return {
    ...set,
    clock,
    source,
    runs,
    letters,
    desk: set.consumer.deadLetters,
    become(next: Handler) {
      handle = next;
    },
    async dies(...messages: readonly Sent[]) {
      source.send(...messages);
      await set.idle();
    },
    async theLetter() {
      const [letter] = await letters();
      if (letter === undefined) throw new Error('There is no dead letter.');
      return letter;
    },
  };
}

async function all(results: AsyncIterable<RedriveResult>): Promise<readonly RedriveResult[]> {
  const found: RedriveResult[] = [];
  for await (const result of results) found.push(result);
  return found;
}

const messageIds = (letters: readonly { readonly message: { readonly id: string } }[]) =>
  letters.map(({ message }) => message.id);

describe('looking', () => {
  test('lists the oldest first, in pages', async () => {
    const { desk: letters, dies, clock } = await desk();
    for (const id of ['a', 'b', 'c']) {
      await dies({ id });
      await clock.advance(10);
    }
    const first = await letters.list({}, { limit: 2 });
    expect(messageIds(first.letters)).toEqual(['a', 'b']);
    const second = await letters.list({}, { limit: 2, cursor: first.next ?? '' });
    expect(messageIds(second.letters)).toEqual(['c']);
    expect(second.next).toBeUndefined();
  });

  test('finds by handler, type, reason and time', async () => {
    const { letters, dies, clock } = await desk();
    await dies({ id: 'a' });
    await clock.advance(1_000);
    const later = clock.now();
    await dies({ id: 'b', type: 'Nobody.handles' });
    expect(messageIds(await letters({ handler: 'ping' }))).toEqual(['a']);
    expect(messageIds(await letters({ type: 'Nobody.handles' }))).toEqual(['b']);
    expect(messageIds(await letters({ reason: 'rejected' }))).toEqual(['a']);
    expect(messageIds(await letters({ since: later }))).toEqual(['b']);
    expect(messageIds(await letters({ before: later }))).toEqual(['a']);
  });

  test('gets one with all that is known of it', async () => {
    const { desk: letters, dies, theLetter, clock } = await desk();
    await dies({ id: 'a', data: { order: 7 }, headers: { tenant: 'x' }, raw: '{"order": 7}' });
    const { id } = await theLetter();
    expect(await letters.get(id)).toMatchObject({
      consumer: 'billing',
      source: 'orders',
      handler: 'ping',
      reason: 'rejected',
      error: { message: 'card declined' },
      attempts: 1,
      redrives: 0,
      diedAt: clock.now(),
      message: { id: 'a', type: 'Ping', data: { order: 7 }, headers: { tenant: 'x' }, raw: '{"order": 7}' },
    });
    expect(await letters.get('unknown')).toBeUndefined();
  });
});

describe('redrive', () => {
  test('runs the handler once more and removes the letter', async () => {
    const { desk: letters, dies, theLetter, become, runs, letters: left } = await desk();
    await dies({ id: 'a', data: { order: 7 } });
    const { id } = await theLetter();
    become(() => {});
    expect(await letters.redrive(id)).toEqual({ id, outcome: 'done' });
    expect(await left()).toEqual([]);
    expect(runs).toHaveLength(2);
    expect(runs[1]?.message).toMatchObject({ id: 'a', data: { order: 7 }, source: 'orders' });
    expect(runs[1]?.context).toMatchObject({ handler: 'ping', attempt: 2, redelivered: true });
  });

  test('leaves duplicates of the event suppressed', async () => {
    const { desk: letters, dies, theLetter, become, runs, source } = await desk();
    await dies({ id: 'a' });
    become(() => {});
    await letters.redrive((await theLetter()).id);
    await dies({ id: 'a' });
    expect(runs).toHaveLength(2);
    expect(source.settledAs('done')).toEqual(['a']);
  });

  test('that fails keeps the letter with the new error and one more attempt', async () => {
    const { desk: letters, dies, theLetter, become, clock } = await desk();
    await dies({ id: 'a' });
    const before = await theLetter();
    await clock.advance(1_000);
    become(() => {
      throw new RangeError('card stolen');
    });
    expect(await letters.redrive(before.id)).toMatchObject({
      outcome: 'failed',
      error: { name: 'RangeError', message: 'card stolen' },
    });
    expect(await theLetter()).toEqual({
      ...before,
      error: expect.objectContaining({ name: 'RangeError', message: 'card stolen' }) as unknown,
      attempts: 2,
      redrives: 1,
    });
    become(declines);
    expect(await letters.redrive(before.id)).toMatchObject({
      outcome: 'failed',
      error: { message: 'card declined' },
    });
    expect(await theLetter()).toMatchObject({ attempts: 3, redrives: 2 });
    become(() => {});
    expect(await letters.redrive(before.id)).toMatchObject({ outcome: 'done' });
  });

  test('of one that is being redriven is busy, and runs nothing', async () => {
    const { desk: letters, dies, theLetter, become, runs, idle } = await desk();
    await dies({ id: 'a' });
    const { id } = await theLetter();
    const { promise, resolve } = Promise.withResolvers<void>();
    become(() => promise);
    const first = letters.redrive(id);
    await idle();
    expect(await letters.redrive(id)).toEqual({ id, outcome: 'busy' });
    resolve();
    expect(await first).toEqual({ id, outcome: 'done' });
    expect(runs).toHaveLength(2);
  });

  test('that the handler defers is busy, and keeps the letter as it was', async () => {
    const { desk: letters, dies, theLetter, become } = await desk();
    await dies({ id: 'a' });
    const before = await theLetter();
    become((_, context) => context.defer(1_000));
    expect(await letters.redrive(before.id)).toEqual({ id: before.id, outcome: 'busy' });
    expect(await theLetter()).toEqual(before);
    become(() => {});
    expect(await letters.redrive(before.id)).toMatchObject({ outcome: 'done' });
  });

  test('holds its claim for as long as the handler takes', async () => {
    const { desk: letters, dies, theLetter, become, runs, clock } = await desk({ timeout: false });
    await dies({ id: 'a' });
    const { id } = await theLetter();
    const { promise, resolve } = Promise.withResolvers<void>();
    become(() => promise);
    const first = letters.redrive(id);
    await clock.advance(300_000);
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'busy' });
    resolve();
    expect(await first).toMatchObject({ outcome: 'done' });
    expect(runs).toHaveLength(2);
  });

  test('of a handler that does not end fails with a timeout', async () => {
    const { desk: letters, dies, theLetter, become, clock } = await desk({ timeout: 5_000 });
    await dies({ id: 'a' });
    become(() => new Promise(() => {}));
    const redriven = letters.redrive((await theLetter()).id);
    await clock.advance(6_000);
    expect(await redriven).toMatchObject({ outcome: 'failed', error: { code: 'HANDLER_TIMEOUT' } });
  });

  test('while the idempotency store is down is busy, and runs nothing', async () => {
    const { desk: letters, dies, theLetter, faults, clock, runs } = await desk();
    await dies({ id: 'a' });
    const before = await theLetter();
    faults.idempotency.condition = 'down';
    const redriven = letters.redrive(before.id);
    await clock.advance(5_000);
    expect(await redriven).toMatchObject({ outcome: 'busy' });
    expect(runs).toHaveLength(1);
    expect(await theLetter()).toEqual(before);
  });

  test('after a crash between "done" and the removal removes the letter and runs nothing', async () => {
    const { desk: letters, dies, theLetter, become, faults, runs, letters: left } = await desk();
    await dies({ id: 'a' });
    const { id } = await theLetter();
    become(() => {});
    faults.deadLetters.only = ['removeMany'];
    faults.deadLetters.condition = 'down';
    await expect(letters.redrive(id)).rejects.toThrow(refusal('STORE_UNAVAILABLE', /removeMany/));
    expect(await left()).toHaveLength(1);
    faults.deadLetters.condition = 'up';
    expect(await letters.redrive(id)).toEqual({ id, outcome: 'done' });
    expect(runs).toHaveLength(2);
    expect(await left()).toEqual([]);
  });

  test('works when the consumer has stopped', async () => {
    const { desk: letters, dies, theLetter, become, consumer } = await desk();
    await dies({ id: 'a' });
    const { id } = await theLetter();
    await consumer.stop();
    become(() => {});
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'done' });
  });

  test('without an idempotency store works as well', async () => {
    const { desk: letters, dies, theLetter, become, letters: left } = await desk({ forgetful: true });
    await dies({ id: 'a' });
    const { id } = await theLetter();
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'failed' });
    become(() => {});
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'done' });
    expect(await left()).toEqual([]);
  });

  test('of no letter is refused', async () => {
    const { desk: letters } = await desk();
    await expect(letters.redrive('unknown')).rejects.toThrow(
      refusal('DEAD_LETTER_MISSING', /"billing" has no dead letter "unknown"/),
    );
  });

  test('of a letter from a source that the consumer lacks is refused, and keeps it', async () => {
    const { clock, store, dies, theLetter } = await desk();
    await dies({ id: 'a' });
    const before = await theLetter();
    const other = await desk({ clock, store, source: 'payments' });
    await expect(other.desk.redrive(before.id)).rejects.toThrow(
      refusal('SOURCE_OPTIONS', /from source "orders", which this consumer does not have/),
    );
    expect(await theLetter()).toEqual(before);
  });
});

describe('a letter that no handler was reached with', () => {
  const nobody = { id: 'a', type: 'Pong' };

  test('fails while there is none, and is kept as it was', async () => {
    const { desk: letters, dies, theLetter } = await desk();
    await dies(nobody);
    const before = await theLetter();
    expect(before).toMatchObject({ reason: 'unhandled', handler: undefined, attempts: 0 });
    expect(await letters.redrive(before.id)).toMatchObject({
      outcome: 'failed',
      error: { code: 'EVENT_UNHANDLED', message: expect.stringMatching(/handles "Pong"/) as string },
    });
    expect(await theLetter()).toEqual(before);
  });

  test('is handled by a release that has one', async () => {
    const { dies, theLetter, clock, store, letters } = await desk();
    await dies(nobody);
    const { id } = await theLetter();
    const next = bench(scriptedSource({ clock }), { clock, store });
    const handled: string[] = [];
    next.consumer.on('Pong', { name: 'pong' }, (message) => void handled.push(message.id));
    expect(await next.consumer.deadLetters.redrive(id)).toEqual({ id, outcome: 'done' });
    expect(handled).toEqual(['a']);
    expect(await letters()).toEqual([]);
  });

  test('is handled by several, each once, though one of them fails at first', async () => {
    const { dies, theLetter, clock, store } = await desk();
    await dies(nobody);
    const { id } = await theLetter();
    const { consumer } = bench(scriptedSource({ clock }), { clock, store });
    const handled: string[] = [];
    consumer.on('Pong', { name: 'one' }, () => void handled.push('one'));
    consumer.on('Pong', { name: 'other' }, () => {
      handled.push('other');
      if (handled.length === 2) throw new Error('not yet');
    });
    expect(await consumer.deadLetters.redrive(id)).toMatchObject({ outcome: 'failed' });
    expect(await consumer.deadLetters.redrive(id)).toMatchObject({ outcome: 'done' });
    expect(handled).toEqual(['one', 'other', 'other']);
  });

  test('that could not be decoded needs data first', async () => {
    const { desk: letters, dies, theLetter, become, runs } = await desk();
    const failure = new MillraceError('PAYLOAD_UNDECODABLE', 'Not JSON.');
    await dies({ id: 'a', data: undefined, raw: '{"order": 7', failure });
    const { id, reason } = await theLetter();
    expect(reason).toBe('undecodable');
    become(() => {});
    expect(await letters.redrive(id)).toMatchObject({
      outcome: 'failed',
      error: { code: 'PAYLOAD_UNDECODABLE' },
    });
    await letters.edit(id, { data: { order: 7 } });
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'done' });
    expect(runs.map(({ message }) => message.data)).toEqual([{ order: 7 }]);
  });

  test('whose handler is no longer there fails, and is kept as it was', async () => {
    const { dies, theLetter, clock, store } = await desk();
    await dies({ id: 'a' });
    const before = await theLetter();
    const { consumer } = bench(scriptedSource({ clock }), { clock, store });
    consumer.on('Ping', { name: 'renamed' }, () => {});
    expect(await consumer.deadLetters.redrive(before.id)).toMatchObject({
      outcome: 'failed',
      error: { code: 'EVENT_UNHANDLED', message: expect.stringMatching(/is named "ping"/) as string },
    });
    expect(await theLetter()).toEqual(before);
  });
});

describe('edit', () => {
  test('mends an invalid payload, so that the redrive handles it', async () => {
    const schema = z.object({ order: z.number() });
    const { desk: letters, dies, theLetter, become, runs } = await desk({ handler: { schema } });
    await dies({ id: 'a', data: { order: 'seven' } });
    become(() => {});
    const { id, reason, message } = await theLetter();
    expect(reason).toBe('invalid');
    expect(await letters.redrive(id)).toMatchObject({
      outcome: 'failed',
      error: { code: 'PAYLOAD_INVALID' },
    });
    expect(runs).toEqual([]);
    const edited = await letters.edit(id, { data: { order: 7 } });
    expect(edited.message).toEqual({ ...message, data: { order: 7 } });
    expect(await theLetter()).toEqual(edited);
    expect(await letters.redrive(id)).toMatchObject({ outcome: 'done' });
    expect(runs.map((run) => run.message.data)).toEqual([{ order: 7 }]);
  });

  test('changes type and headers, and nothing else', async () => {
    const { desk: letters, dies, theLetter } = await desk();
    await dies({ id: 'a', type: 'Pnig', data: { order: 7 } });
    const before = await theLetter();
    await letters.edit(before.id, { type: 'Ping', headers: { mended: true } });
    const { message, ...rest } = await theLetter();
    expect({ ...rest, message: { ...message, headers: {} } }).toEqual({
      ...before,
      message: { ...before.message, type: 'Ping' },
    });
    expect(message.headers['mended']).toBe(true);
  });

  test('of no letter is refused', async () => {
    const { desk: letters } = await desk();
    await expect(letters.edit('unknown', {})).rejects.toThrow(refusal('DEAD_LETTER_MISSING', /unknown/));
  });
});

describe('redriveAll', () => {
  test('redrives each that is there once, the oldest first, and those that match', async () => {
    const { desk: letters, dies, become, clock, runs, letters: left } = await desk();
    for (const id of ['a', 'b', 'c']) {
      await dies({ id });
      await clock.advance(10);
    }
    await dies({ id: 'd', type: 'Nobody.handles' });
    runs.length = 0;
    become(({ id }) => {
      if (id === 'b') throw new Error('still not');
    });
    const results = await all(letters.redriveAll({ handler: 'ping' }));
    expect(results.map(({ outcome }) => outcome)).toEqual(['done', 'failed', 'done']);
    expect(runs.map(({ message }) => message.id)).toEqual(['a', 'b', 'c']);
    expect(messageIds(await left())).toEqual(['b', 'd']);
  });

  test('goes through more letters than fit on a page', async () => {
    const { desk: letters, source, become, clock, letters: left } = await desk();
    source.send(...Array.from({ length: 250 }, () => ({})));
    await clock.advance(0);
    become(({ id }) => {
      if (id.endsWith('7')) throw new Error('no');
    });
    const results = await all(letters.redriveAll());
    expect(results).toHaveLength(250);
    expect(new Set(results.map(({ id }) => id)).size).toBe(250);
    expect(await left()).toHaveLength(25);
  });
});

describe('purge', () => {
  test('throws away what matches and tells how many', async () => {
    const { desk: letters, dies, letters: left } = await desk();
    await dies({ id: 'a' }, { id: 'b' }, { id: 'c', type: 'Nobody.handles' });
    expect(await letters.purge({ handler: 'ping' })).toBe(2);
    expect(messageIds(await left())).toEqual(['c']);
    expect(await letters.purge()).toBe(1);
    expect(await left()).toEqual([]);
  });
});

test("another consumer's letters are out of reach", async () => {
  const { clock, store, dies, theLetter, letters: left } = await desk();
  await dies({ id: 'a' });
  const { id } = await theLetter();
  const { desk: other, runs, letters } = await desk({ clock, store, name: 'shipping' });
  expect(await letters()).toEqual([]);
  expect(await letters({ consumer: 'billing' })).toEqual([]);
  expect(await other.get(id)).toBeUndefined();
  await expect(other.edit(id, { data: {} })).rejects.toThrow(refusal('DEAD_LETTER_MISSING', /"shipping"/));
  await expect(other.redrive(id)).rejects.toThrow(refusal('DEAD_LETTER_MISSING', /"shipping"/));
  expect(await all(other.redriveAll())).toEqual([]);
  expect(await other.purge()).toBe(0);
  expect(runs).toEqual([]);
  expect(await left()).toHaveLength(1);
});
