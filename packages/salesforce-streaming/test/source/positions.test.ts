import { describe, expect, test } from 'vitest';
import { bench, orders } from './support/running.ts';

describe('a channel that was started at its tip', () => {
  test('does not bring what was there before', async () => {
    const { org, until, consume, clock } = await bench();
    org.publish(orders, { n__c: 1 });
    await clock.advance(5_000);
    const consuming = consume();
    await consuming.start();
    org.publish(orders, { n__c: 2 });
    await until(() => consuming.handled.length === 1);
    expect(consuming.handled).toEqual([2]);
  });

  test('loses nothing when the session is lost before the first event', async () => {
    const { org, until, consume, clock } = await bench();
    org.publish(orders, { n__c: 1 });
    await clock.advance(5_000);
    const consuming = consume();
    await consuming.start();
    await until(() => org.counters.polls === 1);
    org.faults.next('handshake', { kind: 'status', status: 503 });
    org.kick();
    await until(() => consuming.state() === 'backing-off');
    org.publish(orders, { n__c: 2 });
    await until(() => consuming.handled.length === 1, { step: 200 });
    expect(consuming.handled).toEqual([2]);
  });

  test('loses nothing over a restart before the first event', async () => {
    const { org, until, consume, clock, store } = await bench();
    org.publish(orders, { n__c: 1 });
    await clock.advance(5_000);
    const first = consume();
    await first.start();
    await until(() => org.counters.polls === 1);
    await first.stop();
    expect([...store.replay.values()]).toEqual([`b:since:${Date.UTC(2026, 0, 1, 12, 0, 5)}`]);
    await clock.advance(60_000);
    org.publish(orders, { n__c: 2 });
    const second = consume();
    await second.start();
    org.publish(orders, { n__c: 3 });
    await until(() => second.handled.length === 2);
    expect(second.handled).toEqual([2, 3]);
    await second.stop();
    expect([...store.replay.values()].join()).toMatch(/^b:\d+$/);
  });

  test('one that is taken in later has a marker too, before there is any event', async () => {
    const { org, until, consume, store } = await bench({ channels: { [orders]: {}, '/event/Late__e': {} } });
    const consuming = consume();
    await consuming.start();
    await until(() => org.counters.polls === 1);
    await until(() => store.replay.size === 1, { step: 200 });
    consuming.source.subscribe('/event/Late__e');
    await until(() => store.replay.size === 2, { step: 200 });
    expect([...store.replay.values()].every((position) => position.startsWith('b:since:'))).toBe(true);
  });

  test('what is dated before is passed, so that it is not read again and again', async () => {
    const { org, until, consume, clock, store } = await bench();
    const { replayId } = org.publish(orders, { n__c: 1 });
    await clock.advance(5_000);
    const first = consume();
    await first.start();
    await first.stop();
    const second = consume();
    await second.start();
    await until(() => [...store.replay.values()].join().startsWith(`b:${replayId}:since:`), { step: 200 });
    expect(second.handled).toEqual([]);
  });

  test('may be told to go on at the tip', async () => {
    const { org, until, consume, store } = await bench();
    const first = consume({ source: { quietStart: 'latest' } });
    await first.start();
    await first.stop();
    expect(store.replay.size).toBe(0);
    org.publish(orders, { n__c: 1 });
    const second = consume({ source: { quietStart: 'latest' } });
    await second.start();
    org.publish(orders, { n__c: 2 });
    await until(() => second.handled.length === 1);
    expect(second.handled).toEqual([2]);
  });
});

describe('where to start', () => {
  test('at the earliest', async () => {
    const { org, until, consume } = await bench();
    org.publish(orders, { n__c: 1 });
    const consuming = consume({ source: { start: 'earliest' } });
    await consuming.start();
    await until(() => consuming.handled.length > 0);
    expect(consuming.handled).toEqual([1]);
  });

  test('at a time: what is dated before is left out', async () => {
    const { org, until, consume, clock } = await bench();
    for (let n = 0; n < 50; n += 1) org.publish(orders, { n__c: 1 });
    await clock.advance(3_600_000);
    const at = new Date(clock.now());
    org.publish(orders, { n__c: 2 });
    // What is left out takes no room.
    const consuming = consume({ source: { start: { at }, concurrency: 1, prefetch: 4 } });
    await consuming.start();
    await until(() => consuming.handled.length === 1);
    expect(consuming.handled).toEqual([2]);
  });

  test('after a position, of one channel', async () => {
    const { org, until, consume } = await bench();
    const { replayId } = org.publish(orders, { n__c: 1 });
    org.publish(orders, { n__c: 2 });
    const after = `b:${replayId}` as never;
    const consuming = consume({ source: { channels: [{ channel: orders, start: { after } }] } });
    await consuming.start();
    await until(() => consuming.handled.length === 1);
    expect(consuming.handled).toEqual([2]);
  });
});

describe('a marker that can not be used', () => {
  async function stopped() {
    const it = await bench();
    const first = it.consume();
    await first.start();
    it.org.publish(orders, { n__c: 1 });
    await it.until(() => first.handled.length === 1);
    await first.stop();
    const [key = ''] = it.store.replay.keys();
    return { ...it, key };
  }

  test('the server no longer has it: goes on with all there is, and says so', async () => {
    const { org, until, consume, clock } = await stopped();
    org.publish(orders, { n__c: 2 });
    await clock.advance(80 * 3_600_000);
    org.publish(orders, { n__c: 3 });
    const second = consume();
    await second.start();
    await until(() => second.handled.length === 1);
    expect(second.handled).toEqual([3]);
    expect(second.health().lastGap).toMatchObject({
      channel: orders,
      resumed: 'earliest',
      reason: { code: 'SALESFORCE_POSITION_INVALID' },
    });
  });

  test.each([
    ['corrupted', 'b:12x'],
    ['empty text', ' '],
    ['of the other transport', 'p:AAAAAAAAAAEAAA'],
    ['of a store that was filled by hand', '12'],
  ])('%s', async (_name, text) => {
    const { org, until, consume, store, key } = await stopped();
    store.replay.set(key, text);
    org.publish(orders, { n__c: 2 });
    const second = consume();
    await second.start();
    await until(() => second.handled.length === 1);
    expect(second.handled).toEqual([2]);
    expect(second.health().lastGap).toMatchObject({ channel: orders, resumed: 'earliest' });
  });

  test('goes on at the tip where that is wanted', async () => {
    const { org, until, consume, store, key, clock } = await stopped();
    store.replay.set(key, 'b:12x');
    org.publish(orders, { n__c: 2 });
    await clock.advance(5_000);
    const second = consume({ source: { onInvalidPosition: 'latest' } });
    await second.start();
    org.publish(orders, { n__c: 3 });
    await until(() => second.handled.length === 1);
    expect(second.handled).toEqual([3]);
    expect(second.health().lastGap).toMatchObject({ resumed: 'latest' });
  });

  test.each(['corrupted', 'no longer there'])('fails where that is wanted: %s', async (how) => {
    const { consume, store, key, clock } = await stopped();
    if (how === 'corrupted') store.replay.set(key, 'b:12x');
    else await clock.advance(80 * 3_600_000);
    const second = consume({ source: { onInvalidPosition: 'fail' } });
    await expect(second.start()).rejects.toMatchObject({ code: 'SALESFORCE_POSITION_INVALID' });
  });

  test('found out while it runs: goes on, and says so', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume();
    await consuming.start();
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1);
    org.deleteEvents(orders);
    org.publish(orders, { n__c: 2 });
    await until(() => consuming.handled.length === 2);
    org.deleteEvents(orders);
    org.expireRoutes();
    await until(() => consuming.health().lastGap !== undefined, { step: 200 });
    org.publish(orders, { n__c: 3 });
    await until(() => consuming.handled.length === 3, { step: 200 });
    expect(consuming.handled).toEqual([1, 2, 3]);
  });

  test('is made known once, however often the session changes', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume();
    await consuming.start();
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1 && org.counters.polls === 1);
    org.deleteEvents(orders);
    for (const handshakes of [2, 3, 4]) {
      org.expireRoutes();
      await until(() => org.counters.handshakes === handshakes && org.counters.polls === 1, { step: 200 });
    }
    const gaps = consuming.log.lines.filter(({ message }) => message.startsWith('Reading could not go on'));
    expect(gaps).toHaveLength(1);
  });

  test('found out while it runs, where the source is to fail', async () => {
    const { org, until, consume } = await bench();
    const consuming = consume({ source: { onInvalidPosition: 'fail' } });
    await consuming.start();
    org.publish(orders, { n__c: 1 });
    await until(() => consuming.handled.length === 1 && org.counters.polls === 1);
    org.deleteEvents(orders);
    org.expireRoutes();
    await until(() => consuming.health().status === 'failed', { step: 200 });
    expect(consuming.health().reason?.message).toContain(orders);
  });
});

test('markers are kept by org: those of another are not used', async () => {
  const one = await bench();
  const first = one.consume();
  await first.start();
  one.org.publish(orders, { n__c: 1 });
  await one.until(() => first.handled.length === 1);
  await first.stop();
  const other = await bench({ seed: 2 });
  const second = other.consume({ consumer: { store: one.store } });
  await second.start();
  other.org.publish(orders, { n__c: 2 });
  await other.until(() => second.handled.length === 1);
  await second.stop();
  expect(second.health().lastGap).toBeUndefined();
  expect(one.store.replay.size).toBe(2);
});

test('a marker waits for what is not handled yet', async () => {
  const { org, until, consume, store, clock } = await bench();
  const held = Promise.withResolvers<void>();
  const consuming = consume({
    handle: async ({ data }) => {
      if ((data as { n__c: number }).n__c === 2) await held.promise;
    },
    source: { order: () => undefined },
  });
  await consuming.start();
  const ids = [1, 2, 3].map((n) => org.publish(orders, { n__c: n }).replayId);
  await until(() => consuming.handled.length === 2);
  await clock.advance(10_000);
  expect([...store.replay.values()]).toEqual([`b:${ids[0]}`]);
  held.resolve();
  await until(() => consuming.handled.length === 3);
  await clock.advance(10_000);
  expect([...store.replay.values()]).toEqual([`b:${ids[2]}`]);
});

test('replay ids beyond 2^53 keep their digits', async () => {
  const firstReplayId = 2n ** 60n + 1n;
  const { org, until, consume, store } = await bench({ channels: { [orders]: { firstReplayId, gap: 0 } } });
  const first = consume();
  await first.start();
  org.publish(orders, { n__c: 1 });
  await until(() => first.handled.length === 1);
  await first.stop();
  expect([...store.replay.values()]).toEqual([`b:${firstReplayId}`]);
  org.publish(orders, { n__c: 2 });
  const second = consume();
  await second.start();
  await until(() => second.handled.length === 1);
  expect(second.health().lastGap).toBeUndefined();
});
