import { createHash } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GlobDialect } from '../../src/wire/glob/glob.ts';
import type { BroadcasterStore } from '../../src/broadcaster/ports/broadcaster-store.ts';
import type {
  Lease,
  LeasedDelivery,
  LeasedHint,
  NewDelivery,
} from '../../src/broadcaster/ports/delivery-store.ts';
import type { PublishedMessage } from '../../src/broadcaster/ports/message.ts';
import type { UnnumberedMessage } from '../../src/broadcaster/ports/replay-log.ts';
import { bodyOf, toBuffer } from '../../src/broadcaster/memory/bodies.ts';
import { etagOf } from '../../src/wire/etag.ts';

export interface BroadcasterStoreSettings {
  readonly dialect?: GlobDialect;
  readonly maxSubscriptions?: number;
  readonly maxDeliveries?: number;
  readonly maxBytes?: number;
}

/** A store to look at: fresh and empty. */
export interface BroadcasterStoreFixture {
  readonly store: BroadcasterStore;
  /** Another way to the same data, as a second process has it. Left out when the data live in one object. */
  readonly connect?: () => Promise<BroadcasterStore>;
  /** Lets time pass: turn its clock, or wait. Less than a second at a time. */
  readonly advance: (milliseconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

const lease = 200;
const afterLease = 230;
const longLease = 60_000;
const one = 'http://one.example/v1/receive';
const two = 'http://two.example/v1/receive';
const recovery = 'http://one.example/v1/recover';
const day = 86_400_000;

const topic = (text: string) => Buffer.from(text);
const binary = Buffer.from([0xff, 0x00, 0xfe]);

/** All that has to hold for a `BroadcasterStore`. Call it in a `describe`. */
export function broadcasterStoreTests(
  create: (settings: BroadcasterStoreSettings) => Promise<BroadcasterStoreFixture>,
): void {
  let fixture: BroadcasterStoreFixture;
  let store: BroadcasterStore;
  let other: BroadcasterStore;

  async function open(settings: BroadcasterStoreSettings): Promise<void> {
    fixture = await create(settings);
    store = fixture.store;
    other = (await fixture.connect?.()) ?? store;
  }

  async function reopen(settings: BroadcasterStoreSettings): Promise<void> {
    await close();
    await open(settings);
  }

  async function close(): Promise<void> {
    if (other !== store) await other.close();
    await fixture.close();
  }

  beforeEach(() => open({}));
  afterEach(close);

  const urls = async (name: Uint8Array, from = store) =>
    (await from.subscriptions.match(name)).map(({ url }) => url).sort();

  test('subscriptions: a topic is told to those who want it, by its bytes', async () => {
    const { subscriptions } = store;
    expect(await subscriptions.subscribe({ url: one, wanted: { topic: topic('a') }, recovery })).toBe(
      'added',
    );
    expect(await subscriptions.subscribe({ url: two, wanted: { topic: binary }, recovery: undefined })).toBe(
      'added',
    );
    expect(await subscriptions.match(topic('a'))).toEqual([
      {
        url: one,
        subscriptions: [{ url: one, wanted: { topic: topic('a') }, recovery }],
        failingSince: undefined,
        allowedRate: undefined,
      },
    ]);
    expect(await urls(binary)).toEqual([two]);
    expect(await urls(topic('A'))).toEqual([]);
    expect(await urls(Buffer.from([0xff, 0x00]))).toEqual([]);
    expect(await urls(topic(''))).toEqual([]);
  });

  test('subscriptions: what is there is there, and keeps its recovery URL', async () => {
    const { subscriptions } = store;
    const wanted = { topic: topic('a') };
    await subscriptions.subscribe({ url: one, wanted, recovery });
    expect(await subscriptions.subscribe({ url: one, wanted, recovery: undefined })).toBe('there');
    expect(await subscriptions.list(one)).toEqual({ exact: [{ ...wanted, recovery }], globs: [] });
    expect(await subscriptions.unsubscribe(two, wanted)).toBe('absent');
    expect(await subscriptions.unsubscribe(one, { glob: 'a' })).toBe('absent');
    expect(await subscriptions.unsubscribe(one, wanted)).toBe('removed');
    expect(await subscriptions.unsubscribe(one, wanted)).toBe('absent');
    expect(await subscriptions.match(topic('a'))).toEqual([]);
    expect(await subscriptions.count()).toEqual({ exact: 0, globs: 0 });
  });

  test('subscriptions: globs and the topic itself, in one answer for a URL', async () => {
    const { subscriptions } = store;
    await subscriptions.subscribe({ url: one, wanted: { glob: 'orders/*' }, recovery });
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('orders/eu') }, recovery: undefined });
    await subscriptions.subscribe({ url: one, wanted: { glob: 'other/*' }, recovery: undefined });
    await subscriptions.subscribe({ url: two, wanted: { glob: '**' }, recovery: undefined });
    const found = await subscriptions.match(topic('orders/eu'));
    expect(found.map(({ url }) => url).sort()).toEqual([one, two]);
    const own = found.find(({ url }) => url === one)?.subscriptions.map(({ wanted }) => wanted);
    expect(own).toEqual([{ topic: topic('orders/eu') }, { glob: 'orders/*' }]);
    expect(await urls(topic('orders/eu/paid'))).toEqual([two]);
    expect(await urls(binary), 'what is not UTF-8 is meant by no glob').toEqual([]);
    expect((await subscriptions.match(topic('orders/eu'), { url: two })).map(({ url }) => url)).toEqual([
      two,
    ]);
    expect(await subscriptions.match(topic('orders/eu'), { url: 'http://three.example' })).toEqual([]);
    expect(await subscriptions.count()).toEqual({ exact: 1, globs: 3 });
  });

  test('subscriptions: a glob that somebody else adds or drops is known at once', async () => {
    expect(await urls(topic('a/b'), other)).toEqual([]);
    await store.subscriptions.subscribe({ url: one, wanted: { glob: 'a/*' }, recovery });
    expect(await urls(topic('a/b'), other)).toEqual([one]);
    await store.subscriptions.unsubscribe(one, { glob: 'a/*' });
    expect(await urls(topic('a/b'), other)).toEqual([]);
    await store.subscriptions.replace(one, { exact: [], globs: [{ glob: 'a/?', recovery: undefined }] });
    expect(await urls(topic('a/b'), other)).toEqual([one]);
  });

  test('subscriptions: the dialect of globs is an option', async () => {
    await reopen({ dialect: 'sqlite' });
    await store.subscriptions.subscribe({ url: one, wanted: { glob: 'a/*' }, recovery });
    expect(await urls(topic('a/b/c'))).toEqual([one]);
  });

  test('subscriptions: a set replaces all, with the recovery URLs of the new one', async () => {
    const { subscriptions } = store;
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('kept') }, recovery: undefined });
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('dropped') }, recovery });
    await subscriptions.subscribe({ url: one, wanted: { glob: 'dropped/*' }, recovery });
    await subscriptions.subscribe({ url: two, wanted: { topic: topic('kept') }, recovery: undefined });
    const set = {
      exact: [
        { topic: topic('kept'), recovery },
        { topic: topic('new'), recovery: undefined },
      ],
      globs: [{ glob: 'new/*', recovery }],
    };
    expect(await subscriptions.replace(one, set)).toBe('replaced');
    expect(etagOf(one, await subscriptions.list(one))).toEqual(etagOf(one, set));
    expect(await urls(topic('dropped'))).toEqual([]);
    expect(await urls(topic('dropped/x'))).toEqual([]);
    expect(await urls(topic('kept'))).toEqual([one, two]);
    expect(await urls(topic('new/x'))).toEqual([one]);
    await subscriptions.replace(one, { exact: [], globs: [] });
    expect(await subscriptions.list(one)).toEqual({ exact: [], globs: [] });
    expect(await urls(topic('kept'))).toEqual([two]);
  });

  test('subscriptions: regression, 17 and 33 topics that are set twice are all there', async () => {
    for (const size of [15, 16, 17, 33, 300]) {
      const exact = Array.from({ length: size }, (_, index) => ({ topic: topic(`t${index}`), recovery }));
      const set = { exact, globs: [{ glob: 'g/*', recovery: undefined }] };
      for (const time of [1, 2, 3]) {
        await store.subscriptions.replace(one, set);
        const listed = await other.subscriptions.list(one);
        expect(etagOf(one, listed), `${size} topics, time ${time}`).toEqual(etagOf(one, set));
      }
    }
  });

  test('subscriptions: what is kept is never away while a set is replaced', async () => {
    const kept = { topic: topic('kept'), recovery };
    const sets = [
      { exact: [kept, { topic: topic('a'), recovery }], globs: [] },
      { exact: [kept, { topic: topic('b'), recovery }], globs: [] },
    ];
    await store.subscriptions.replace(one, sets[0] ?? { exact: [], globs: [] });
    let replacing = true;
    const replace = async () => {
      for (const set of [...sets, ...sets, ...sets]) await store.subscriptions.replace(one, set);
      replacing = false;
    };
    const watch = async () => {
      do expect(await urls(topic('kept'), other)).toEqual([one]);
      while (replacing);
    };
    await Promise.all([replace(), watch()]);
  });

  test('subscriptions: there is a bound', async () => {
    await reopen({ maxSubscriptions: 2 });
    const { subscriptions } = store;
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('a') }, recovery });
    await subscriptions.subscribe({ url: two, wanted: { glob: 'b' }, recovery });
    expect(await subscriptions.subscribe({ url: two, wanted: { glob: 'c' }, recovery })).toBe('full');
    expect(await subscriptions.subscribe({ url: two, wanted: { glob: 'b' }, recovery })).toBe('there');
    const three = ['x', 'y', 'z'].map((name) => ({ topic: topic(name), recovery }));
    expect(await subscriptions.replace(one, { exact: three.slice(0, 2), globs: [] })).toBe('full');
    expect(await urls(topic('a')), 'nothing has changed').toEqual([one]);
    expect(await subscriptions.replace(one, { exact: three.slice(0, 1), globs: [] })).toBe('replaced');
    await subscriptions.unsubscribe(two, { glob: 'b' });
    expect(await subscriptions.subscribe({ url: two, wanted: { glob: 'c' }, recovery })).toBe('added');
  });

  test('subscriptions: a disabled URL hears nothing until it subscribes again or is enabled', async () => {
    const { subscriptions } = store;
    const wanted = { topic: topic('a') };
    await subscriptions.subscribe({ url: one, wanted, recovery });
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('b') }, recovery });
    const record = { url: one, reason: 'It answered 410.', at: 1_000 };
    await subscriptions.disable(record);
    await subscriptions.disable({ url: two, reason: 'It has none.', at: 1_000 });
    expect(await other.subscriptions.disabled()).toEqual([record]);
    expect(await urls(topic('a'), other)).toEqual([]);
    expect(await subscriptions.match(topic('a'), { url: one })).toEqual([]);
    expect(await subscriptions.list(one)).toEqual({ exact: [], globs: [] });
    expect(await subscriptions.subscribe({ url: one, wanted, recovery })).toBe('added');
    expect(await subscriptions.subscribe({ url: one, wanted, recovery })).toBe('there');
    expect(await urls(topic('b'), other)).toEqual([one]);
    await subscriptions.disable(record);
    await subscriptions.replace(one, { exact: [{ ...wanted, recovery }], globs: [] });
    expect(await urls(topic('a'))).toEqual([one]);
    await subscriptions.disable(record);
    expect(await subscriptions.enable(one)).toBe(true);
    expect(await subscriptions.enable(one)).toBe(false);
    expect(await urls(topic('a'))).toEqual([one]);
    expect(await subscriptions.disabled()).toEqual([]);
  });

  test('subscriptions: since when a URL fails', async () => {
    const { subscriptions } = store;
    await subscriptions.subscribe({ url: one, wanted: { topic: topic('a') }, recovery });
    expect(await subscriptions.failing(one, 1_000)).toBe(1_000);
    expect(await other.subscriptions.failing(one, 2_000)).toBe(1_000);
    expect((await other.subscriptions.match(topic('a')))[0]?.failingSince).toBe(1_000);
    await subscriptions.recovered(one);
    expect((await other.subscriptions.match(topic('a')))[0]?.failingSince).toBeUndefined();
    expect(await subscriptions.failing(one, 3_000)).toBe(3_000);
    await subscriptions.enable(one);
    expect((await subscriptions.match(topic('a')))[0]?.failingSince, 'it begins anew').toBeUndefined();
  });

  test('subscriptions: what a URL allows is kept until its last subscription goes', async () => {
    const { subscriptions } = store;
    const wanted = { topic: topic('a') };
    const allowed = { origin: 'events.example', rate: 120 };
    expect(await subscriptions.permission(one)).toBeUndefined();
    await subscriptions.subscribe({ url: one, wanted, recovery }, allowed);
    await subscriptions.subscribe({ url: one, wanted: { glob: 'b' }, recovery });
    expect(await other.subscriptions.permission(one)).toEqual(allowed);
    expect((await other.subscriptions.match(topic('a')))[0]?.allowedRate).toBe(120);
    await subscriptions.failing(one, 1_000);
    await subscriptions.recovered(one);
    await subscriptions.disable({ url: one, reason: 'It answered 410.', at: 1_000 });
    await subscriptions.enable(one);
    await subscriptions.unsubscribe(one, wanted);
    expect(await other.subscriptions.permission(one), 'there is the glob').toEqual(allowed);
    await subscriptions.unsubscribe(one, { glob: 'b' });
    expect(await other.subscriptions.permission(one)).toBeUndefined();
    const set = { exact: [{ ...wanted, recovery }], globs: [] };
    await subscriptions.replace(one, set, { origin: 'events.example', rate: undefined });
    expect(await other.subscriptions.permission(one)).toEqual({ origin: 'events.example', rate: undefined });
    expect((await other.subscriptions.match(topic('a')))[0]?.allowedRate).toBeUndefined();
    await subscriptions.subscribe({ url: one, wanted, recovery }, allowed);
    expect(await other.subscriptions.permission(one), 'it was there, and is asked anew').toEqual(allowed);
    await subscriptions.replace(one, { exact: [], globs: [] }, allowed);
    expect(await other.subscriptions.permission(one)).toBeUndefined();
  });

  test('subscriptions: the turns of a URL come as often as it allows, whoever asks', async () => {
    const { subscriptions } = store;
    const at = (rate: number | undefined) =>
      subscriptions.subscribe(
        { url: one, wanted: { topic: topic('a') }, recovery },
        { origin: 'events.example', rate },
      );
    expect(await subscriptions.turn(one)).toBe(0);
    await at(undefined);
    expect([await subscriptions.turn(one), await subscriptions.turn(one)]).toEqual([0, 0]);
    await at(6);
    const turns = await Promise.all([subscriptions.turn(one), other.subscriptions.turn(one)]);
    const [turn, pause] = turns.toSorted((first, second) => first - second);
    expect(turn).toBe(0);
    expect(pause).toBeGreaterThan(5_000);
    expect(pause).toBeLessThanOrEqual(10_000);
    await at(600);
    expect(await other.subscriptions.turn(one), 'another rate holds at once').toBe(0);
    await fixture.advance(110);
    expect(await subscriptions.turn(one)).toBe(0);
    await at(undefined);
    expect(await subscriptions.turn(one)).toBe(0);
  });

  const holder = { owner: 'a', lease };
  const request = { owner: 'a', lease, limit: 10, perUrl: 10 };

  test('deliveries: what is due is leased once, with all that is needed', async () => {
    const message = messageOf('m', 'orders', 'hello');
    const put = await store.deliveries.put(
      message,
      [delivery('m1', one, { attempts: 2, failure: 'none' })],
      holder,
    );
    expect(put).toBe('kept');
    const leased = await other.deliveries.lease({ ...request, owner: 'b' });
    expect(leased).toMatchObject([
      { kind: 'message', id: 'm1', owner: 'b', url: one, recovery, attempts: 2 },
    ]);
    const [first] = deliveriesOf(leased);
    const { body, ...rest } = message;
    expect(first?.message).toMatchObject(rest);
    expect(first?.message.body.length).toBe(body.length);
    expect(first && (await toBuffer(first.message.body))).toEqual(Buffer.from('hello'));
    expect(await store.deliveries.lease(request)).toEqual([]);
    expect(first && (await store.deliveries.complete(first))).toBe(true);
    expect(first && (await store.deliveries.complete(first))).toBe(false);
    expect(await other.deliveries.counts()).toEqual({ deliveries: 0, hints: 0, deadLetters: 0, bytes: 0 });
  });

  test('deliveries: a message with several is kept once, until the last one is over', async () => {
    const message = messageOf('m', 'orders', 'hello');
    await store.deliveries.put(message, [delivery('m1', one), delivery('m2', two)], holder);
    await store.deliveries.put(message, [delivery('m2', two), delivery('m3', two)], holder);
    expect(await store.deliveries.counts()).toEqual({ deliveries: 3, hints: 0, deadLetters: 0, bytes: 5 });
    for (const each of await store.deliveries.lease({ ...request, lease: longLease })) {
      expect((await store.deliveries.counts()).bytes).toBe(5);
      await store.deliveries.complete(each);
    }
    expect((await store.deliveries.counts()).bytes).toBe(0);
  });

  test('deliveries: an empty body, and one that comes in chunks', async () => {
    const large = Buffer.alloc(3 * 2 ** 20 + 7, 'abc');
    const chunked = {
      length: large.length,
      async *chunks() {
        for (let at = 0; at < large.length; at += 700_001) yield large.subarray(at, at + 700_001);
      },
    };
    await store.deliveries.put({ ...messageOf('l', 't', ''), body: chunked }, [delivery('l', one)], holder);
    await store.deliveries.put(messageOf('e', 't', ''), [delivery('e', two)], holder);
    const leased = deliveriesOf(await other.deliveries.lease({ ...request, lease: longLease }));
    const bodies = new Map(
      await Promise.all(leased.map(async (it) => [it.id, await toBuffer(it.message.body)] as const)),
    );
    expect(bodies.get('l')?.equals(large)).toBe(true);
    expect(bodies.get('e')).toEqual(Buffer.alloc(0));
  });

  test('deliveries: one that is under way is leased from the begin', async () => {
    await store.deliveries.put(messageOf('m', 't', 'x'), [delivery('m1', one, { delay: undefined })], holder);
    expect(await other.deliveries.lease({ ...request, owner: 'b' })).toEqual([]);
    const lease: Lease = { id: 'm1', owner: 'a', fence: 1 };
    expect(await store.deliveries.complete({ ...lease, owner: 'b' })).toBe(false);
    expect(await store.deliveries.complete({ ...lease, fence: 2 })).toBe(false);
    expect(await store.deliveries.complete(lease)).toBe(true);
  });

  test('deliveries: whoever died with a lease loses it to somebody else, for good', async () => {
    await store.deliveries.put(messageOf('m', 't', 'x'), [delivery('m1', one, { delay: undefined })], holder);
    await fixture.advance(afterLease);
    const late: Lease = { id: 'm1', owner: 'a', fence: 1 };
    expect(await store.deliveries.complete(late), 'it ran out').toBe(false);
    const [taken] = await other.deliveries.lease({ ...request, owner: 'b', lease: longLease });
    expect(taken).toMatchObject({ id: 'm1', owner: 'b', fence: 2, attempts: 0 });
    expect(await store.deliveries.complete(late)).toBe(false);
    expect(await store.deliveries.reschedule(late, { delay: 0, attempts: 9, failure: 'late' })).toBe(false);
    expect(await store.deliveries.bury(late, { attempts: 9, failure: 'late', diedAt: 1 })).toBe(false);
    expect(taken && (await other.deliveries.complete(taken))).toBe(true);
  });

  test('deliveries: what is given back is due after its delay', async () => {
    await store.deliveries.put(messageOf('m', 't', 'x'), [delivery('m1', one)], holder);
    const [first] = await store.deliveries.lease({ ...request, lease: longLease });
    expect(
      first && (await store.deliveries.reschedule(first, { delay: lease, attempts: 1, failure: 'refused' })),
    ).toBe(true);
    expect(await store.deliveries.lease(request)).toEqual([]);
    const wait = await store.deliveries.nextDue();
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(lease);
    await fixture.advance(afterLease);
    expect(await store.deliveries.nextDue()).toBe(0);
    expect(await store.deliveries.lease(request)).toMatchObject([{ id: 'm1', attempts: 1, fence: 2 }]);
  });

  test('deliveries: no more than asked for, the longest due first, and a dead URL keeps nobody waiting', async () => {
    expect(await store.deliveries.nextDue()).toBeUndefined();
    for (const index of [1, 2, 3, 4]) {
      await store.deliveries.put(messageOf(`m${index}`, 't', 'x'), [delivery(`one${index}`, one)], holder);
      await fixture.advance(5);
    }
    await store.deliveries.put(
      messageOf('m', 't', 'x'),
      [delivery('two', two), delivery('later', two, { delay: longLease })],
      holder,
    );
    await fixture.advance(5);
    const ids = (leased: readonly Lease[]) => leased.map(({ id }) => id);
    const long = { ...request, lease: longLease };
    expect(ids(await store.deliveries.lease({ ...long, perUrl: 2 }))).toEqual(['one1', 'one2', 'two']);
    expect(ids(await store.deliveries.lease({ ...long, limit: 1 }))).toEqual(['one3']);
    expect(ids(await other.deliveries.lease(long))).toEqual(['one4']);
  });

  test('deliveries: two that lease at the same time share', async () => {
    const many = Array.from({ length: 40 }, (_, index) => delivery(`d${index}`, `http://h${index}.example/`));
    await store.deliveries.put(messageOf('m', 't', 'x'), many, holder);
    const long = { ...request, lease: longLease, limit: 15 };
    const leased = await Promise.all(
      [store, other, store, other].map((from, index) =>
        from.deliveries.lease({ ...long, owner: `${index}` }),
      ),
    );
    expect(new Set(leased.flat().map(({ id }) => id)).size).toBe(40);
    expect(leased.flat()).toHaveLength(40);
  });

  test('deliveries: there is a bound to their number', async () => {
    await reopen({ maxDeliveries: 2 });
    const [first, second, third] = ['1', '2', '3'].map((id) => delivery(id, one));
    if (!first || !second || !third) throw new Error('unreachable');
    expect(await store.deliveries.put(messageOf('m', 't', 'x'), [first, second, third], holder)).toBe('full');
    expect(await store.deliveries.counts()).toEqual({ deliveries: 0, hints: 0, deadLetters: 0, bytes: 0 });
    expect(await store.deliveries.put(messageOf('m', 't', 'x'), [first, second], holder)).toBe('kept');
    expect(await store.deliveries.put(messageOf('n', 't', 'x'), [third], holder)).toBe('full');
  });

  test('deliveries: there is a bound to their bytes', async () => {
    await reopen({ maxBytes: 8 });
    expect(await store.deliveries.put(messageOf('m', 't', '12345'), [delivery('1', one)], holder)).toBe(
      'kept',
    );
    expect(await store.deliveries.put(messageOf('n', 't', '1234'), [delivery('2', one)], holder)).toBe(
      'full',
    );
    expect(await store.deliveries.put(messageOf('n', 't', '123'), [delivery('2', one)], holder)).toBe('kept');
  });

  test('hints: one for a recovery URL and topic, however much was missed', async () => {
    const hint = { url: one, recovery, topic: binary, delay: 0 };
    await store.deliveries.putHints([hint, { ...hint, delay: longLease }]);
    await other.deliveries.putHints([hint, { ...hint, topic: topic('t'), delay: longLease }]);
    expect(await store.deliveries.counts()).toMatchObject({ deliveries: 0, hints: 2 });
    const leased = hintsOf(await store.deliveries.lease({ ...request, lease: longLease }));
    expect(leased).toMatchObject([{ kind: 'missed', url: one, recovery, attempts: 0 }]);
    const [first] = leased;
    expect(first && Buffer.from(first.topic)).toEqual(binary);
    expect(
      first && (await store.deliveries.reschedule(first, { delay: 0, attempts: 1, failure: 'no' })),
    ).toBe(true);
    const [again] = await store.deliveries.lease({ ...request, lease: longLease });
    expect(again).toMatchObject({ kind: 'missed', attempts: 1 });
    expect(again && (await store.deliveries.complete(again))).toBe(true);
    expect((await store.deliveries.counts()).hints).toBe(1);
  });

  test('hints: what is missed while the hint is on its way is told again', async () => {
    const hint = { url: one, recovery, topic: topic('t'), delay: 0 };
    await store.deliveries.putHints([hint]);
    const [first] = await store.deliveries.lease({ ...request, lease: longLease });
    await other.deliveries.putHints([hint]);
    expect(first && (await store.deliveries.complete(first))).toBe(false);
    const [again] = await store.deliveries.lease({ ...request, lease: longLease });
    expect(again).toMatchObject({ kind: 'missed', url: one });
    expect(again && (await store.deliveries.complete(again))).toBe(true);
  });

  async function bury(id: string, url: string, name: string, diedAt: number): Promise<void> {
    await store.deliveries.put(
      messageOf(`m-${id}`, name, 'body'),
      [delivery(id, url, { delay: undefined })],
      {
        owner: 'a',
        lease: longLease,
      },
    );
    const death = { attempts: 3, failure: 'It answered 500.', diedAt };
    expect(await store.deliveries.bury({ id, owner: 'a', fence: 1 }, death)).toBe(true);
  }

  test('dead letters: all is kept, and nobody leases them', async () => {
    await bury('1', one, 'orders', 5_000);
    const letter = await other.undelivered.get('1');
    expect(letter).toMatchObject({
      id: '1',
      url: one,
      recovery,
      attempts: 3,
      failure: 'It answered 500.',
      diedAt: 5_000,
      redrives: 0,
      message: { key: 'm-1', topic: topic('orders') },
    });
    expect(letter && (await toBuffer(letter.message.body))).toEqual(Buffer.from('body'));
    expect(await store.undelivered.get('2')).toBeUndefined();
    expect(await store.deliveries.lease(request)).toEqual([]);
    expect(await store.deliveries.nextDue()).toBeUndefined();
    expect(await store.deliveries.counts()).toEqual({ deliveries: 0, hints: 0, deadLetters: 1, bytes: 4 });
  });

  test('dead letters: in pages, by what is asked for', async () => {
    for (const [id, at] of [
      ['c', 1_000],
      ['a', 3_000],
      ['b', 3_000],
      ['d', 2_000],
    ] as const) {
      await bury(id, id === 'd' ? two : one, id === 'a' ? 'orders' : 'other', at);
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.undelivered.list({}, { limit: 2, cursor });
      seen.push(...page.letters.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(seen).toEqual(['c', 'd', 'a', 'b']);
    const ids = async (query: Parameters<typeof store.undelivered.list>[0]) =>
      (await other.undelivered.list(query, { limit: 10 })).letters.map(({ id }) => id);
    expect(await ids({ url: two })).toEqual(['d']);
    expect(await ids({ topic: topic('orders') })).toEqual(['a']);
    expect(await ids({ since: 2_000, before: 3_000 })).toEqual(['d']);
    await expect(store.undelivered.list({}, { limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
      code: 'PUBSUB_OPTIONS',
    });
    expect(await store.undelivered.purge({ url: one, topic: topic('other') })).toBe(2);
    expect(await ids({})).toEqual(['d', 'a']);
    expect((await store.deliveries.counts()).bytes).toBe(8);
  });

  test('dead letters: one that is sent again is a delivery, and knows how often', async () => {
    await bury('1', one, 'orders', 5_000);
    expect(await store.undelivered.redrive(['1', 'unknown'], lease)).toBe(1);
    expect(await store.undelivered.redrive(['1'], 0)).toBe(0);
    expect(await store.undelivered.get('1')).toBeUndefined();
    expect(await store.deliveries.lease(request)).toEqual([]);
    await fixture.advance(afterLease);
    const [again] = deliveriesOf(await other.deliveries.lease({ ...request, lease: longLease }));
    expect(again).toMatchObject({ id: '1', url: one, attempts: 0 });
    expect(again && (await toBuffer(again.message.body))).toEqual(Buffer.from('body'));
    if (again) await other.deliveries.bury(again, { attempts: 1, failure: 'again', diedAt: 6_000 });
    expect(await store.undelivered.get('1')).toMatchObject({ redrives: 1, attempts: 1, failure: 'again' });
  });

  const bounds = { messages: 3, bytes: 100, age: day, topics: 2 };
  const range = { limit: 10, age: day };

  test('replay log: the last messages of a topic, by sequence and by time', async () => {
    const now = Date.now();
    for (const [index, text] of ['a', 'b', 'c', 'd'].entries()) {
      const message = { ...messageOf(`k${text}`, 'orders', text), publishedAt: now - 4_000 + index * 1_000 };
      expect(await (index % 2 === 0 ? store : other).log.append(unnumbered(message), bounds)).toMatchObject({
        sequence: index + 1,
      });
    }
    const read = async (given: object) =>
      (await other.log.read(topic('orders'), { ...range, ...given })).map(({ sequence }) => sequence);
    expect(await read({})).toEqual([2, 3, 4]);
    expect(await read({ after: 2 })).toEqual([3, 4]);
    expect(await read({ since: now - 2_000 })).toEqual([3, 4]);
    expect(await read({ limit: 1 })).toEqual([2]);
    expect(await read({ age: 1_500 })).toEqual([4]);
    expect(await store.log.read(topic('none'), range)).toEqual([]);
    const [second] = await store.log.read(topic('orders'), range);
    expect(second && (await toBuffer(second.message.body))).toEqual(Buffer.from('b'));
    expect(second && Buffer.from(second.message.tracing).toString()).toBe('number 2');
    expect(second?.message).toMatchObject({ key: 'kb', publishedAt: now - 3_000, topic: topic('orders') });
  });

  test('replay log: bounds of bytes, age and topics', async () => {
    const now = Date.now();
    const at = (key: string, name: string, length: number, publishedAt = now) => ({
      ...messageOf(key, name, 'x'.repeat(length)),
      publishedAt,
    });
    await store.log.append(unnumbered(at('1', 'a', 60)), bounds);
    await store.log.append(unnumbered(at('2', 'a', 60)), bounds);
    expect((await store.log.read(topic('a'), range)).map(({ sequence }) => sequence)).toEqual([2]);
    await store.log.append(unnumbered(at('3', 'b', 1, now - day - 60_000)), bounds);
    await store.log.append(unnumbered(at('4', 'b', 1)), bounds);
    expect(
      (await store.log.read(topic('b'), { ...range, age: 3 * day })).map(({ sequence }) => sequence),
    ).toEqual([2]);
    await store.log.append(unnumbered(at('5', 'c', 1)), bounds);
    expect(await store.log.read(topic('a'), range), 'written to longest ago').toEqual([]);
    expect((await store.deliveries.counts()).bytes).toBe(2);
  });

  test('replay log: a body is kept for as long as the log or a delivery needs it', async () => {
    const message = messageOf('1', 'a', 'hello');
    await store.log.append(unnumbered(message), { ...bounds, messages: 1 });
    await store.deliveries.put(message, [delivery('d', one)], holder);
    expect((await store.deliveries.counts()).bytes).toBe(5);
    await store.log.append(unnumbered(messageOf('2', 'a', 'x')), { ...bounds, messages: 1 });
    expect((await store.deliveries.counts()).bytes).toBe(6);
    const [leased] = deliveriesOf(await store.deliveries.lease({ ...request, lease: longLease }));
    expect(leased && (await toBuffer(leased.message.body))).toEqual(Buffer.from('hello'));
    if (leased) await store.deliveries.complete(leased);
    expect((await store.deliveries.counts()).bytes).toBe(1);
  });

  test('replay guard: a proof is new once, whoever asks', async () => {
    expect(await store.replayGuard.remember('proof', longLease)).toBe(true);
    expect(await other.replayGuard.remember('proof', longLease)).toBe(false);
    expect(await other.replayGuard.remember('another', lease)).toBe(true);
    await fixture.advance(afterLease);
    expect(await store.replayGuard.remember('another', lease)).toBe(true);
  });

  test('close: twice does no harm', async () => {
    await store.close();
    await expect(store.close()).resolves.toBeUndefined();
  });
}

function messageOf(key: string, name: string, text: string): PublishedMessage {
  const bytes = Buffer.from(text);
  return {
    key,
    topic: topic(name),
    digest: createHash('sha512').update(bytes).digest(),
    tracing: Buffer.from([1, 2, 0xff]),
    publishedAt: Date.now(),
    body: bodyOf(bytes),
  };
}

function unnumbered(message: PublishedMessage): UnnumberedMessage {
  return { ...message, tracing: (sequence) => Buffer.from(`number ${sequence}`) };
}

function delivery(id: string, url: string, given: Partial<NewDelivery> = {}): NewDelivery {
  return { id, url, recovery, attempts: 0, failure: undefined, delay: 0, ...given };
}

function deliveriesOf(leased: readonly (LeasedDelivery | LeasedHint)[]): readonly LeasedDelivery[] {
  return leased.filter((it) => it.kind === 'message');
}

function hintsOf(leased: readonly (LeasedDelivery | LeasedHint)[]): readonly LeasedHint[] {
  return leased.filter((it) => it.kind === 'missed');
}
