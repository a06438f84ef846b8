import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock, Demand, Incoming } from '@millrace/core';
import { MillraceError } from '@millrace/core';
import { manualClock } from '@millrace/testing';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AcceptStore, KeptEvent } from '../../src/index.ts';
import { memoryAcceptStore, sqliteAcceptStore } from '../../src/index.ts';
import { acceptedIntake } from '../../src/webhook/accept/accepted-intake.ts';
import { gatherPuts } from '../../src/webhook/accept/gathered-puts.ts';
import { decodeEvent, encodeEvent } from '../../src/webhook/accept/codec.ts';
import { eventually } from '../websocket/support/eventually.ts';
import { receiver } from './support/receiver.ts';
import { signedHeaders } from './support/standard-sender.ts';

const directory = mkdtempSync(join(tmpdir(), 'millrace-accepted-'));
afterAll(() => rmSync(directory, { recursive: true }));
let files = 0;
const file = () => join(directory, `${(files += 1)}.db`);

function sqlite(path = file()): AcceptStore {
  const store = sqliteAcceptStore(path);
  onTestFinished(() => store.close());
  return store;
}

const body = '{"type":"contact.created"}';
const accepted = (acceptStore: AcceptStore, more: object = {}) => ({
  ackMode: 'accepted',
  acceptStore,
  ...more,
});
const send = (post: (headers: Record<string, string>, text: string) => Promise<Response>, id: string) =>
  post(signedHeaders(body, { id }), body);

describe.each([
  ['in memory', () => memoryAcceptStore()],
  ['in SQLite', () => sqlite()],
])('a store %s', (_, create) => {
  const event = (id: string, dueAt: number): KeptEvent => ({ id, dueAt, bytes: Buffer.from(id) });

  test('keeps each event once, and hands out what is due, the longest due first', async () => {
    const store = create();
    expect(await store.put('q', [event('b', 20), event('a', 10)])).toBe(2);
    expect(await store.put('q', [event('b', 1), event('c', 30)])).toBe(1);
    const ids = async (now: number, limit = 10) => (await store.due('q', now, limit)).map(({ id }) => id);
    expect(await ids(9)).toEqual([]);
    expect(await ids(20)).toEqual(['a', 'b']);
    expect(await ids(99, 2)).toEqual(['a', 'b']);
    expect(Buffer.from((await store.due('q', 10, 1))[0]?.bytes ?? []).toString()).toBe('a');
    expect(await store.nextDue('q', 20)).toBe(30);
    expect(await store.nextDue('q', 30)).toBeUndefined();
    await store.postpone('q', 'a', 25.4);
    await store.postpone('q', 'nobody', 25);
    expect(await ids(99)).toEqual(['b', 'a', 'c']);
    expect(await store.count('q')).toBe(3);
    expect(await store.remove('q', ['a', 'c', 'nobody'])).toBe(2);
    expect(await ids(99)).toEqual(['b']);
  });

  test('keeps queues apart', async () => {
    const store = create();
    await store.put('one', [event('a', 1)]);
    expect(await store.put('two', [event('a', 1)])).toBe(1);
    expect(await store.remove('one', ['a'])).toBe(1);
    expect([await store.count('one'), await store.count('two')]).toEqual([0, 1]);
  });
});

test('a store that can not be opened, or was closed, says so with a code', async () => {
  expect(() => sqliteAcceptStore(':memory:')).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
  expect(() => sqliteAcceptStore(join(directory, 'none', 'a.db'))).toThrow(
    expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
  );
  const store = sqliteAcceptStore(file());
  store.close();
  await expect(store.count('q')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
});

describe('a webhook that is accepted', () => {
  test('is answered before it is handled, and kept until it is', async () => {
    const store = sqlite();
    const gate = Promise.withResolvers<void>();
    const { post, handled, details } = await receiver({
      webhook: accepted(store),
      handle: () => gate.promise,
    });
    expect((await send(post, 'msg_1')).status).toBe(202);
    await eventually(() => expect(handled).toEqual(['msg_1']));
    expect(details()).toMatchObject({ ackMode: 'accepted', accepted: 1, pending: 1 });
    gate.resolve();
    await eventually(() => expect(details()).toMatchObject({ pending: 0 }));
    expect(await store.count('["billing","/hooks"]')).toBe(0);
  });

  test('is handled by the next process when this one is gone', async () => {
    const path = file();
    const store = sqlite(path);
    const first = await receiver({
      webhook: accepted(store, { concurrency: 1, prefetch: 0 }),
      handle: (_message, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', reject)),
      drainTimeout: 10,
    });
    for (const id of ['msg_1', 'msg_2', 'msg_3']) expect((await send(first.post, id)).status).toBe(202);
    await eventually(() => expect(first.handled).toEqual(['msg_1']));
    await first.consumer.stop({ now: true });
    store.close?.();

    const seen: unknown[] = [];
    const second = await receiver({
      webhook: accepted(sqlite(path)),
      handle: ({ type, data, headers, time }) =>
        void seen.push({ type, data, id: headers['webhook-id'], time }),
    });
    await eventually(() => expect(second.handled.toSorted()).toEqual(['msg_1', 'msg_2', 'msg_3']));
    await eventually(() => expect(second.details()).toMatchObject({ pending: 0 }));
    expect(seen).toContainEqual({
      type: 'contact.created',
      data: { type: 'contact.created' },
      id: 'msg_2',
      time: undefined,
    });
  });

  test('that a handler fails on is handled again after its delay, by us', async () => {
    let failures = 2;
    const { post, handled, details } = await receiver({
      webhook: accepted(sqlite()),
      handle: () => {
        if (failures-- > 0) throw new Error('twice');
      },
    });
    expect((await send(post, 'msg_1')).status).toBe(202);
    await eventually(() => expect(handled).toHaveLength(3));
    await eventually(() => expect(details()).toMatchObject({ pending: 0 }));
  });

  test('again, while it waits or after it was handled, is handled once', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, handled, details } = await receiver({
      webhook: accepted(sqlite()),
      handle: () => gate.promise,
    });
    const now = Date.now();
    const at = (seconds: number) => post(signedHeaders(body, { at: new Date(now - seconds * 1_000) }), body);
    expect([(await at(0)).status, (await at(1)).status]).toEqual([202, 202]);
    gate.resolve();
    await eventually(() => expect(details()).toMatchObject({ pending: 0 }));
    expect((await at(2)).status).toBe(202);
    await eventually(() => expect(details()).toMatchObject({ pending: 0 }));
    expect(handled).toEqual(['msg_1']);
  });

  test('for which there is no room is asked for later', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, details } = await receiver({
      webhook: accepted(sqlite(), { maxWaiting: 2 }),
      handle: () => gate.promise,
    });
    const replies = [await send(post, 'msg_1'), await send(post, 'msg_2'), await send(post, 'msg_3')];
    expect(replies.map(({ status }) => status)).toEqual([202, 202, 503]);
    gate.resolve();
    await eventually(() => expect(details()).toMatchObject({ pending: 0 }));
    expect((await send(post, 'msg_3')).status).toBe(202);
  });

  test('is not told so when it could not be stored', async () => {
    const memory = memoryAcceptStore();
    let full = true;
    const store: AcceptStore = {
      ...memory,
      put: (...args) => (full ? Promise.reject(new Error('disk full')) : memory.put(...args)),
    };
    const { post, handled, details } = await receiver({ webhook: accepted(store) });
    const headers = signedHeaders(body);
    expect((await post(headers, body)).status).toBe(503);
    expect(details()).toMatchObject({ pending: 0, later: { unavailable: 1 } });
    full = false;
    expect((await post(headers, body)).status).toBe(202);
    await eventually(() => expect(handled).toEqual(['msg_1']));
  });

  test('that can not be read, then or later, is a dead letter', async () => {
    const store = sqlite();
    await store.put('["billing","/hooks"]', [{ id: 'rotten', dueAt: 0, bytes: Buffer.from('rotten') }]);
    const { post, consumer } = await receiver({ webhook: accepted(store) });
    const text = '{"type":';
    expect((await post(signedHeaders(text), text)).status).toBe(202);
    await eventually(async () => {
      const { letters } = await consumer.deadLetters.list();
      expect(letters.map(({ reason, message }) => `${reason} ${message.id}`).toSorted()).toEqual([
        'undecodable msg_1',
        'undecodable rotten',
      ]);
    });
  });
});

test('what comes while the disk is busy is stored together, and each hears when it is', async () => {
  const memory = memoryAcceptStore();
  const batches: string[][] = [];
  let disk = Promise.withResolvers<void>();
  let known = 0;
  const store: AcceptStore = {
    ...memory,
    async put(queue, events) {
      batches.push(events.map(({ id }) => id));
      await disk.promise;
      return memory.put(queue, events);
    },
  };
  const put = gatherPuts(store, 'q', (count) => void (known += count));
  const of = (id: string): KeptEvent => ({ id, dueAt: 0, bytes: Buffer.of() });
  const stored: string[] = [];
  const send = (...ids: string[]) => put(ids.map(of)).then(() => void stored.push(...ids));
  const all = [send('a')];
  await eventually(() => expect(batches).toEqual([['a']]));
  all.push(send('b', 'c'), send('a'));
  expect(stored).toEqual([]);
  disk.resolve();
  await Promise.all(all);
  expect(batches).toEqual([['a'], ['b', 'c', 'a']]);
  expect(known).toBe(1);
  disk = Promise.withResolvers();
  const failing = [send('d'), send('e')];
  const settled = Promise.allSettled(failing);
  await eventually(() => expect(batches).toHaveLength(3));
  disk.reject(new Error('disk full'));
  const outcomes = await settled;
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('what core has let go of without a word is handed out again, and no longer taken from the first', async () => {
  const clock = manualClock();
  const { intake, received, end } = await opened(clock);
  await intake.take([{ id: 'a', type: 't', data: 1, headers: {}, raw: '' }], () => {});
  await clock.advance(900);
  expect(received).toHaveLength(1);
  await intake.extend?.(received, 1_000);
  await clock.advance(900);
  expect(received).toHaveLength(1);
  await clock.advance(200);
  const [first, second] = received;
  if (first === undefined || second === undefined) throw new Error('It was not handed out again.');
  const refused = [{ incoming: first, final: true, error: { code: 'PUBSUB_LEASE' } }];
  expect(await intake.extend?.([first], 1_000)).toMatchObject(refused);
  expect(await intake.settle([{ incoming: first, outcome: 'done' }])).toMatchObject(refused);
  expect(intake.pending).toBe(1);
  expect(await intake.settle([{ incoming: second, outcome: 'done' }])).toEqual([]);
  expect(intake.pending).toBe(0);
  await end();
});

test('what becomes due between the look for it and the question when the next one is due, is handed out then', async () => {
  const clock = manualClock();
  const store = memoryAcceptStore();
  const raw = { id: 'a', type: 't', data: 1, headers: {}, raw: '' };
  await store.put('q', [{ id: 'a', dueAt: clock.now() + 2, bytes: encodeEvent(raw) }]);
  const look = Promise.withResolvers<void>();
  const { received, end } = await opened(clock, {
    ...store,
    async due(queue, now, limit) {
      const due = await store.due(queue, now, limit);
      await look.promise;
      return due;
    },
  });
  // As a disk takes its time.
  await clock.advance(5);
  look.resolve();
  await clock.advance(10);
  expect(received).toHaveLength(1);
  await end();
});

async function opened(clock: Clock, store: AcceptStore = memoryAcceptStore()) {
  const stop = new AbortController();
  const intake = await acceptedIntake({
    store,
    queue: 'q',
    most: 10,
    lease: 1_000,
    clock,
    signal: stop.signal,
    fetched: () => {},
  });
  const plenty: Demand = { reserve: async (max) => max, tryReserve: (max) => max, cancel: () => {} };
  const received: Incoming[] = [];
  const receiving = (async () => {
    for await (const batch of intake.receive(plenty)) if (!('position' in batch)) received.push(...batch);
  })();
  const end = async () => {
    stop.abort();
    await receiving;
  };
  return { intake, received, end };
}

test('an event is the same when it was kept', () => {
  const event = {
    id: 'a',
    type: 't',
    data: { bytes: new Uint8Array([1]), list: [null, true, 1.5] },
    headers: { tenant: 7, bytes: new Uint8Array([2]) },
    raw: Buffer.from('raw'),
    key: 'k',
    time: new Date(5),
  };
  const { raw, ...rest } = decodeEvent('a', encodeEvent(event));
  expect({ ...rest, headers: { ...rest.headers } }).toEqual({ ...event, raw: undefined });
  expect(Buffer.from(raw).toString()).toBe('raw');
  const failure = new MillraceError('PUBSUB_PAYLOAD', 'it is bad');
  expect(decodeEvent('a', encodeEvent({ ...event, failure })).failure?.message).toContain('it is bad');
});
