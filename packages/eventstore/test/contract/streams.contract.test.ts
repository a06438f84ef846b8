import { randomUUID } from 'node:crypto';
import { isWrongRevisionError } from '@millrace/eventstore';
import { describe, expect, test } from 'vitest';
import { dataOf, fresh, numbered, openContract } from './support/contract.ts';

const { title, publisher, reader } = await openContract();

async function caught(work: Promise<unknown>): Promise<unknown> {
  return await work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe(`on ${title}`, () => {
  test('answers a ping', async () => {
    expect((await reader.ping()).roundTrip).toBeGreaterThan(0);
  });

  test('keeps an event as it was published', async () => {
    const stream = fresh('orders');
    const id = randomUUID();
    const headers = { $correlationId: 'c-1', tenant: 'acme' };

    const published = await publisher.publish({ id, type: 'Placed', data: { n: 1 }, headers }, { stream });

    expect(published).toEqual({ id, stream, revision: 0n });
    expect((await reader.get(stream, 0n))?.event).toMatchObject({
      id,
      streamId: stream,
      revision: 0n,
      type: 'Placed',
      isJson: true,
      data: { n: 1 },
      metadata: headers,
    });
  });

  test('keeps bytes as they are', async () => {
    const stream = fresh('orders');
    await publisher.publish({ type: 'Scanned', data: new Uint8Array([0, 255, 7]) }, { stream });

    const found = await reader.get(stream, 'last');

    expect(found?.event?.isJson).toBe(false);
    expect(Buffer.from(found?.event?.data as Uint8Array)).toEqual(Buffer.from([0, 255, 7]));
  });

  test('is read in slices and whole, forwards and backwards', async () => {
    const stream = fresh('orders');
    await publisher.publishFrom(numbered(1, 2, 3, 4, 5), { stream });

    const slice = await reader.slice(stream, { direction: 'backwards', count: 2 });
    expect(slice.events.map(({ event }) => event?.data)).toEqual(dataOf(5, 4));
    expect(slice.next).toBe(2n);

    const whole: unknown[] = [];
    for await (const { event } of reader.iterate(stream, { count: 2 })) whole.push(event?.data);
    expect(whole).toEqual(dataOf(1, 2, 3, 4, 5));
  });

  test('goes on in $all after the position of an event', async () => {
    const stream = fresh('orders');
    await publisher.publishMany(numbered(1, 2), { stream });
    const after = (await reader.get(stream, 0n))?.event?.position;

    for await (const { event } of reader.iterateAll({ after })) {
      if (event?.streamId !== stream) continue;
      expect(event.data).toEqual({ n: 2 });
      return;
    }
    throw new Error('The second event is not there.');
  });

  test('refuses what expects another revision, and says where the stream is', async () => {
    const stream = fresh('orders');
    await publisher.publishMany(numbered(1, 2), { stream, expectedRevision: 'noStream' });

    const error = await caught(publisher.publishMany(numbered(3), { stream, expectedRevision: 0n }));
    expect(isWrongRevisionError(error)).toBe(true);
    expect(error).toMatchObject({ stream, expected: 0n, actual: 1n });
    expect((await reader.slice(stream)).events).toHaveLength(2);

    const missing = await caught(
      publisher.publishMany(numbered(1), { stream: fresh('none'), expectedRevision: 'streamExists' }),
    );
    expect(isWrongRevisionError(missing)).toBe(true);
  });

  test('keeps once what is published twice with the same id and revision', async () => {
    const stream = fresh('orders');
    const events = numbered(1, 2).map((event, index) => ({ ...event, id: `${stream}/${index}` }));
    const options = { stream, expectedRevision: 'noStream' } as const;

    const first = await publisher.publishMany(events, options);
    const second = await publisher.publishMany(events, options);

    expect(second).toEqual(first);
    expect((await reader.slice(stream)).events).toHaveLength(2);
  });

  test('says that a stream is not there', async () => {
    expect(await caught(reader.slice(fresh('none')))).toMatchObject({ code: 'EVENTSTORE_STREAM_MISSING' });
  });
});
