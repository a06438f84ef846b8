import type { ConsumerOptions } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dataOf, fresh, numbered, openContract, patient } from './support/contract.ts';

const { title, publisher, groups, consume } = await openContract();

async function newGroup() {
  const name = { from: { stream: fresh('orders') }, group: fresh('billing') };
  onTestFinished(async () => void (await groups.delete(name)));
  return { name, stream: name.from.stream };
}

const failing = () => {
  throw new Error('on purpose');
};

describe(`on ${title}`, () => {
  test('makes, lists, changes and deletes a group', async () => {
    const { name, stream } = await newGroup();

    expect(await groups.create(name, { maxRetryCount: 3, startFrom: 'start' })).toBe(true);
    expect(await groups.create(name)).toBe(false);
    expect(await groups.info(name)).toMatchObject({
      eventSource: stream,
      groupName: name.group,
      settings: { maxRetryCount: 3, startFrom: 'start', messageTimeout: 120_000 },
    });
    expect((await groups.list()).map(({ groupName }) => groupName)).toContain(name.group);

    expect(await groups.update(name, { maxRetryCount: 3 })).toEqual([]);
    expect(await groups.update(name, { maxRetryCount: 5 })).toEqual(['maxRetryCount']);
    expect((await groups.info(name)).settings).toMatchObject({ maxRetryCount: 5, messageTimeout: 120_000 });

    expect(await groups.delete(name)).toBe(true);
    expect(await groups.delete(name)).toBe(false);
    await expect(groups.info(name)).rejects.toMatchObject({ code: 'EVENTSTORE_GROUP_MISSING' });
  });

  test('keeps the place of a group when what was sent is acknowledged', async () => {
    const { name, stream } = await newGroup();
    const source = { mode: 'persistent', ...name, settings: { startFrom: 'start' } } as const;
    await publisher.publishMany(numbered(1, 2), { stream });

    const first = await consume({ source });
    await expect.poll(() => first.handled, patient).toHaveLength(2);
    await first.consumer.stop();
    await publisher.publishMany(numbered(3), { stream });
    const second = await consume({ source });

    await expect.poll(() => second.handled, patient).toEqual(dataOf(3));
    await expect.poll(async () => (await groups.info(name)).stats.totalInFlightMessages, patient).toBe(0);
  });

  test('sends again what failed, with its count', async () => {
    const { name, stream } = await newGroup();
    await publisher.publishMany(numbered(1), { stream });
    const counts: (number | undefined)[] = [];

    const { handled } = await consume({
      source: {
        mode: 'persistent',
        ...name,
        settings: { startFrom: 'start' },
        retry: { delay: 20 },
      },
      handle({ deliveryCount }) {
        counts.push(deliveryCount);
        if (counts.length < 3) failing();
      },
    });

    await expect.poll(() => handled, patient).toEqual(dataOf(1));
    expect(counts).toEqual([1, 2, 3]);
    expect(await groups.countParked(name)).toBe(0n);
  });

  /** A handler gives up on 1 until it is mended. */
  async function parkOne(store: ConsumerOptions['store']) {
    const { name, stream } = await newGroup();
    await publisher.publishMany(numbered(1, 2), { stream });
    let mended = false;
    const consuming = await consume({
      source: {
        mode: 'persistent',
        ...name,
        settings: { startFrom: 'start' },
        retry: { attempts: 1 },
      },
      store,
      handle({ data }) {
        if ((data as { readonly n: number }).n === 1 && !mended) failing();
      },
    });
    await expect.poll(() => groups.countParked(name), patient).toBe(1n);
    await expect.poll(() => consuming.handled, patient).toEqual(dataOf(2));
    return { ...consuming, name, mend: () => void (mended = true) };
  }

  test('parks what was given up on, lists it, and sends it again when told to', async () => {
    const { deadLetters } = memoryStore();
    const { name, handled, mend } = await parkOne({ deadLetters });

    const parked: unknown[] = [];
    for await (const { event } of groups.parked(name)) parked.push(event?.data);
    expect(parked).toEqual(dataOf(1));

    mend();
    await groups.replayParked(name);
    await expect.poll(() => handled, patient).toEqual(dataOf(2, 1));
    await expect.poll(() => groups.countParked(name), patient).toBe(0n);
  });

  test('has the handler that gave up on it run again where a store knows it as done; its dead letter goes', async () => {
    const { name, handled, mend, consumer } = await parkOne(memoryStore());

    await groups.replayParked(name);
    const letters = async () => (await consumer.deadLetters.list()).letters;
    await expect.poll(letters, patient).toMatchObject([{ redrives: 1 }]);
    await expect.poll(() => groups.countParked(name), patient).toBe(1n);

    mend();
    await groups.replayParked(name);
    await expect.poll(() => handled, patient).toEqual(dataOf(2, 1));
    await expect.poll(letters, patient).toEqual([]);
    await expect.poll(() => groups.countParked(name), patient).toBe(0n);
  });

  test('has a replayed event acknowledged only where its dead letter was redriven before', async () => {
    const { name, handled, mend, consumer } = await parkOne(memoryStore());
    mend();
    for (const { id } of (await consumer.deadLetters.list()).letters) await consumer.deadLetters.redrive(id);
    expect(handled).toEqual(dataOf(2, 1));

    await groups.replayParked(name);
    await expect.poll(() => groups.countParked(name), patient).toBe(0n);
    await expect.poll(async () => (await groups.info(name)).stats.totalInFlightMessages, patient).toBe(0);
    expect(handled).toEqual(dataOf(2, 1));
  });

  test('serves a group of $all with a filter', async () => {
    const wanted = fresh('wanted');
    const name = {
      from: { all: true, filter: { streams: { prefixes: [wanted] } } },
      group: fresh('audit'),
    } as const;
    onTestFinished(async () => void (await groups.delete(name)));
    const { handled } = await consume({ source: { mode: 'persistent', ...name } });

    await publisher.publishMany(numbered(1), { stream: `${wanted}-1` });
    await publisher.publishMany(numbered(2), { stream: fresh('other') });
    await publisher.publishMany(numbered(3), { stream: `${wanted}-2` });

    await expect.poll(() => handled, patient).toHaveLength(2);
    expect(handled).toEqual(expect.arrayContaining(dataOf(1, 3)));
  });
});
