import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { manualClock } from '@millrace/testing';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { believing } from '../support/test-broadcaster.ts';
import { subscribing, testBroadcaster } from './support.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => `topic/${index}`);

describe('the subscriptions of a source', () => {
  test('are made when it opens, exact ones and globs, with a recovery URL', async () => {
    const { broadcaster, url } = await subscribing({ exact: ['a', 'b'], globs: ['c/*'] });
    const recovery = url.replace('receive', 'recover');
    const { exact, globs } = broadcaster.rows(url);
    expect([...exact]).toEqual([
      ['a', recovery],
      ['b', recovery],
    ]);
    expect([...globs]).toEqual([['c/*', recovery]]);
  });

  test('are only looked at when they are there', async () => {
    const broadcaster = await testBroadcaster();
    const first = await subscribing({ broadcaster });
    await first.consumer.stop();
    broadcaster.asked.length = 0;
    await subscribing({ broadcaster, port: first.port });
    expect(broadcaster.asked).toEqual(['/v1/check_subscriptions']);
  });

  test('stay when it stops, and end with it when that is asked for', async () => {
    const staying = await subscribing();
    await staying.consumer.stop();
    expect(staying.broadcaster.rows(staying.url).exact.size).toBe(1);
    const ending = await subscribing({ unsubscribeOnClose: true });
    await ending.consumer.stop();
    expect(ending.broadcaster.rows(ending.url).exact.size).toBe(0);
  });

  // lonelypss 0.0.11: sending the same 17 twice left one of them.
  test.each([15, 16, 17, 33])(
    'survive a broadcaster that loses those of a set: %i of them',
    async (count) => {
      const broadcaster = await testBroadcaster({ setTrap: 16 });
      const first = await subscribing({ broadcaster, exact: many(count) });
      await first.consumer.stop();
      // Another recovery URL, or topics that are gone, take a set; one that was kept must not be lost in it.
      broadcaster.rows(first.url).exact.set('stray', '');
      const second = await subscribing({ broadcaster, exact: many(count), port: first.port });
      expect([...broadcaster.rows(second.url).exact.keys()].toSorted()).toEqual(many(count).toSorted());
    },
  );

  test('that were lost are put back in time, with what is missing only', async () => {
    const clock = manualClock(Date.now());
    const { broadcaster, url } = await subscribing({ exact: many(20), clock, reconcileInterval: 60_000 });
    broadcaster.rows(url).exact.delete('topic/7');
    broadcaster.asked.length = 0;
    await vi.waitFor(async () => {
      await clock.advance(10_000);
      expect(broadcaster.rows(url).exact.size).toBe(20);
    });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(54_000);
    expect(broadcaster.asked).not.toContain('/v1/set_subscriptions');
  });
});

describe('something missed', () => {
  // lonelypss 0.0.11 says it 20 times within 80 ms, whatever the answer, and then deletes the subscription.
  test('is one gap of its topic, and has the subscriptions put back', async () => {
    const clock = manualClock(Date.now());
    const gaps = gapsOf();
    const { broadcaster, url } = await subscribing({ exact: ['a', 'b'], clock });
    const statuses = await Promise.all(Array.from({ length: 20 }, () => broadcaster.missed(url, 'a')));
    expect(new Set(statuses)).toEqual(new Set([200]));
    await broadcaster.missed(url, 'b');
    broadcaster.rows(url).exact.clear();
    expect(gaps).toMatchObject([
      { channel: 'a', cause: { code: 'PUBSUB_MISSED' } },
      { channel: 'b', cause: { code: 'PUBSUB_MISSED' } },
    ]);
    await vi.waitFor(async () => {
      await clock.advance(500);
      expect(broadcaster.rows(url).exact.size).toBe(2);
    });
    expect(clock.monotonic()).toBeLessThan(20_000);
    await broadcaster.missed(url, 'a');
    expect(gaps).toHaveLength(3);
  });

  test('is believed of nobody else', async () => {
    const gaps = gapsOf();
    const { url } = await subscribing();
    const strangers = await testBroadcaster({ auth: believing });
    expect(await strangers.missed(url, 'orders/placed')).toBe(401);
    expect(gaps).toEqual([]);
  });
});

describe('a broadcaster', () => {
  test('that did it and did not say so, is looked at again', async () => {
    const broadcaster = await testBroadcaster();
    broadcaster.faults.push({ path: /set_subscriptions/, after: true });
    const { url } = await subscribing({ broadcaster });
    expect(broadcaster.rows(url).exact.size).toBe(1);
  });

  test('that refuses what was asked again after an answer that was lost, is looked at again', async () => {
    const broadcaster = await testBroadcaster();
    broadcaster.faults.push(
      { path: /set_subscriptions/, after: true },
      { path: /set_subscriptions/, reply: { status: 403 } },
    );
    const { url } = await subscribing({ broadcaster });
    expect(broadcaster.rows(url).exact.size).toBe(1);
  });

  test('that can not is replaced by the next', async () => {
    const [first, second] = [await testBroadcaster(), await testBroadcaster()];
    first.faults.push(...Array.from({ length: 10 }, () => ({ path: /./, reply: { status: 503 } })));
    const broadcasters = [
      { url: second.url, priority: 2 },
      { url: first.url, priority: 1 },
      { url: 'http://127.0.0.1:9', priority: 0 },
    ];
    const { url, consumer, source } = await subscribing({ broadcaster: first, broadcasters });
    expect(second.rows(url).exact.size).toBe(1);
    expect(first.asked.length).toBeGreaterThan(0);
    expect(consumer.health().sources[source]?.details).toMatchObject({
      broadcasters: [
        { url: second.url, up: true, failures: 0 },
        { url: first.url, up: false, problem: expect.stringContaining('503') },
        { url: 'http://127.0.0.1:9', up: false, problem: expect.stringContaining("can't be reached") },
      ],
    });
  });

  test('that is not there fails the first start, with a code', async () => {
    await expect(
      subscribing({ broadcasters: [{ url: 'http://127.0.0.1:9' }], calls: { retries: 0 } }),
    ).rejects.toMatchObject({ code: 'PUBSUB_UNREACHABLE' });
  });

  test('that does not know our secret fails the start, and verify says so before', async () => {
    const strangers = await testBroadcaster({ auth: believing });
    await expect(subscribing({ broadcaster: strangers })).rejects.toMatchObject({ code: 'PUBSUB_FORGED' });
    await expect(subscribing({ broadcaster: strangers, verify: 'fail' })).rejects.toMatchObject({
      code: 'VERIFY_FAILED',
      message: expect.stringContaining('Compare the secrets of both sides'),
    });
  });
});

interface GapNote {
  readonly channel: string;
  readonly cause: unknown;
}

/** Gaps that are told from now on. */
function gapsOf(): readonly GapNote[] {
  const gaps: GapNote[] = [];
  const note = (told: unknown) => void gaps.push(told as GapNote);
  subscribe('millrace:gap', note);
  onTestFinished(() => void unsubscribe('millrace:gap', note));
  return gaps;
}
