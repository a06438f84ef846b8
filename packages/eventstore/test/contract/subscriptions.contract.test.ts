import { memoryStore } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { dataOf, fresh, numbered, openContract, patient } from './support/contract.ts';

const { title, client, publisher, consume } = await openContract();
const rangeTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe(`on ${title}`, () => {
  test('sends a stream from its start, then what is appended, and after a restart what is new', async () => {
    const stream = fresh('orders');
    const store = memoryStore();
    const source = { from: { stream }, start: 'earliest' } as const;
    await publisher.publishMany(numbered(...rangeTo(40)), { stream });

    const first = await consume({ source, store });
    await publisher.publishMany(numbered(41), { stream });
    await expect.poll(() => first.handled, patient).toEqual(dataOf(...rangeTo(41)));
    await expect.poll(first.details, patient).toMatchObject({ state: 'live', position: 'r:40' });
    await first.consumer.stop();
    await publisher.publishMany(numbered(42), { stream });

    const second = await consume({ source, store });
    await expect.poll(() => second.handled, patient).toEqual(dataOf(42));
  });

  test('sends a live subscriber only what comes from now on', async () => {
    const stream = fresh('orders');
    await publisher.publishMany(numbered(1), { stream });

    const { handled } = await consume({ source: { mode: 'live', from: { stream } } });
    await publisher.publishMany(numbered(2), { stream });

    await expect.poll(() => handled, patient).toEqual(dataOf(2));
  });

  test('sends a category and an event type by the links of its projections', async () => {
    const category = fresh('order');
    const type = fresh('Paid');
    await publisher.publishMany(numbered(1, 2), { stream: `${category}-1` });
    await publisher.publish({ type, data: { n: 3 } }, { stream: `${category}-2` });

    const positions: unknown[] = [];
    const ofCategory = await consume({
      source: { from: { category }, start: 'earliest' },
      handle: ({ position }) => positions.push(position),
    });
    const ofType = await consume({ source: { from: { eventType: type }, start: 'earliest' } });

    await expect.poll(() => ofCategory.handled.toSorted(byNumber), patient).toEqual(dataOf(1, 2, 3));
    await expect.poll(() => ofType.handled, patient).toEqual(dataOf(3));
    // Of the links: events of different streams may have the same revision.
    expect(new Set(positions)).toEqual(new Set(['r:0', 'r:1', 'r:2']));
  });

  test('passes links to events that are deleted', async () => {
    const [stream, gone, links] = [fresh('orders'), fresh('gone'), fresh('links')];
    await publisher.publishMany(numbered(1), { stream });
    await publisher.publishMany(numbered(2), { stream: gone });
    const linkTo = (target: string) => ({ type: '$>', data: Buffer.from(`0@${target}`) });
    await publisher.publishMany([linkTo(gone), linkTo(stream)], { stream: links });
    await client.deleteStream(gone);

    const source = { from: { stream: links, resolveLinks: true }, start: 'earliest' } as const;
    const { handled, details } = await consume({ source });

    await expect.poll(() => handled, patient).toEqual(dataOf(1));
    expect(details()).toMatchObject({ deletedLinks: 1, position: 'r:1' });
  });

  test('filters $all, and tells positions that it has passed', async () => {
    const [wanted, other] = [fresh('wanted'), fresh('other')];
    const filter = { streams: { prefixes: [wanted] }, checkpointInterval: 1 };
    const { handled, details } = await consume({
      source: { from: { all: true, filter }, start: 'latest' },
    });
    await publisher.publishMany(numbered(1), { stream: `${wanted}-1` });
    await publisher.publishMany(numbered(2), { stream: other });
    await publisher.publishMany(numbered(3), { stream: `${wanted}-2` });
    await expect.poll(() => handled.toSorted(byNumber), patient).toEqual(dataOf(1, 3));

    const before = details()['position'];
    await publisher.publishMany(numbered(...rangeTo(200)), { stream: other });
    await expect.poll(() => details()['position'], patient).not.toBe(before);
    expect(handled).toHaveLength(2);
  });

  test('is asked for the lag while nothing comes', async () => {
    const stream = fresh('orders');
    const gate = Promise.withResolvers<void>();
    await publisher.publishMany(numbered(...rangeTo(20)), { stream });
    const { handled, details } = await consume({
      source: {
        from: { stream },
        start: 'earliest',
        concurrency: 1,
        prefetch: 1,
        watchdog: { stall: 50 },
      },
      handle: () => gate.promise,
    });

    await expect.poll(() => details()['lag'], patient).toBeGreaterThanOrEqual(18);
    gate.resolve();
    await expect.poll(() => details()['lag'], patient).toBe(0);
    expect(handled.length).toBeLessThanOrEqual(20);
  });
});

function byNumber(one: unknown, other: unknown): number {
  return (one as { readonly n: number }).n - (other as { readonly n: number }).n;
}
