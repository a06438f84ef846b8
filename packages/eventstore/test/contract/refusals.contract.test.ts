import { describe, expect, onTestFinished, test } from 'vitest';
import { dataOf, fresh, numbered, openContract, patient } from './support/contract.ts';

const { title, client, publisher, reader, groups, consume } = await openContract();

/** The clients tell refusals apart by statuses, texts and trailers of the server; these are the ones that codes hang on. */
describe(`on ${title}`, () => {
  test('says of a stream that was deleted for good that it was', async () => {
    const stream = fresh('orders');
    await publisher.publishMany(numbered(1), { stream });
    await client.tombstoneStream(stream);
    const deleted = { code: 'EVENTSTORE_STREAM_DELETED' };

    await expect(reader.slice(stream)).rejects.toMatchObject(deleted);
    await expect(publisher.publishMany(numbered(2), { stream })).rejects.toMatchObject(deleted);
    await expect(consume({ source: { from: { stream }, verify: 'off' } })).rejects.toMatchObject(deleted);
  });

  test('goes on counting in a stream that was deleted and is written to again', async () => {
    const stream = fresh('orders');
    await publisher.publishMany(numbered(1, 2), { stream });
    await client.deleteStream(stream);

    await expect(reader.slice(stream)).rejects.toMatchObject({ code: 'EVENTSTORE_STREAM_MISSING' });
    expect(await publisher.publish({ type: 'Counted', data: { n: 3 } }, { stream })).toMatchObject({
      revision: 2n,
    });
    expect((await reader.slice(stream)).events.map(({ event }) => event?.data)).toEqual(dataOf(3));
  });

  test('says that a group is not there, is made otherwise, or is full', async () => {
    const name = { from: { stream: fresh('orders') }, group: fresh('billing') };
    onTestFinished(async () => void (await groups.delete(name)));
    const source = { mode: 'persistent', ...name, onMissing: 'fail' } as const;

    await expect(consume({ source })).rejects.toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
    await expect(groups.replayParked(name)).rejects.toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });

    await groups.create(name, { maxSubscriberCount: 1 });
    await expect(consume({ source: { ...source, settings: { maxRetryCount: 3 } } })).rejects.toMatchObject({
      code: 'EVENTSTORE_GROUP_SETTINGS',
    });
    const first = await consume({ source });
    await expect(consume({ source })).rejects.toMatchObject({ code: 'EVENTSTORE_SUBSCRIBERS_LIMIT' });

    await publisher.publishMany(numbered(1), { stream: name.from.stream });
    await expect.poll(() => first.handled, patient).toEqual(dataOf(1));
  });

  test('drops the consumers of a group that is changed or deleted, which come back, or fail', async () => {
    const name = { from: { stream: fresh('orders') }, group: fresh('billing') };
    onTestFinished(async () => void (await groups.delete(name)));
    const source = { mode: 'persistent', ...name, resubscribe: { delay: 50, maxDelay: 500 } } as const;
    const { handled, consumer, details } = await consume({ source });

    await groups.update(name, { maxRetryCount: 3 });
    await expect.poll(() => details()['resubscribed'], patient).toBeGreaterThan(0);
    await publisher.publishMany(numbered(1), { stream: name.from.stream });
    await expect.poll(() => handled, patient).toEqual(dataOf(1));

    await groups.delete(name);
    await expect
      .poll(() => Object.values(consumer.health().sources)[0], patient)
      .toMatchObject({ status: 'failed', reason: { message: expect.stringContaining('does not exist') } });
    await expect(groups.info(name)).rejects.toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
  });

  test('shares a group among its consumers, each event with one of them', async () => {
    const name = { from: { stream: fresh('orders') }, group: fresh('billing') };
    onTestFinished(async () => void (await groups.delete(name)));
    const source = { mode: 'persistent', ...name } as const;
    const [one, other] = [await consume({ source }), await consume({ source })];
    // Fewer than one consumer has room for, or the other would get some in any strategy.
    const all = Array.from({ length: 20 }, (_, index) => index + 1);

    await publisher.publishMany(numbered(...all), { stream: name.from.stream });

    await expect.poll(() => one.handled.length + other.handled.length, patient).toBe(20);
    const both = [...one.handled, ...other.handled].map((data) => (data as { readonly n: number }).n);
    expect(both.toSorted((a, b) => a - b)).toEqual(all);
    expect(one.handled.length).toBeGreaterThan(0);
    expect(other.handled.length).toBeGreaterThan(0);
  });
});
