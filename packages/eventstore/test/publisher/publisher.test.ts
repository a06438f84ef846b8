import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, refusals } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isWrongRevisionError } from '../../src/publisher/append-errors.ts';
import type { EventPublisher } from '../../src/publisher/publisher.ts';
import { eventstorePublisher, isPublishFromError } from '../../src/publisher/publisher.ts';

let server: EventStoreServer;
let client: KurrentDBClient;
let publisher: EventPublisher;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
  publisher = eventstorePublisher({ client, stream: 'order-1', retryDelay: 1 });
});

afterEach(async () => {
  await publisher.close();
  await client.dispose();
  await server.close();
});

const placed = (number: number) => ({ type: 'OrderPlaced', data: { number } });
const numbers = (): readonly unknown[] =>
  server.read('order-1').map(({ event }): unknown => JSON.parse(String(Buffer.from(event?.data ?? []))));
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('an event', () => {
  it('is appended with its data and headers, and answered with its place', async () => {
    await publisher.publish(placed(1));
    const published = await publisher.publish({ ...placed(2), headers: { $correlationId: 'c1', shop: 7 } });

    expect(published).toMatchObject({ stream: 'order-1', revision: 1n });
    expect(numbers()).toEqual([{ number: 1 }, { number: 2 }]);
    const [, second] = server.read('order-1');
    expect(second?.event?.id).toBe(published.id);
    expect(JSON.parse(String(Buffer.from(second?.event?.metadata ?? [])))).toEqual({
      $correlationId: 'c1',
      shop: 7,
    });
  });

  it('of bytes travels as it is', async () => {
    await publisher.publish({ type: 'Photo', data: Uint8Array.of(0, 255, 7) });

    const [photo] = server.read('order-1');
    expect([...(photo?.event?.data ?? [])]).toEqual([0, 255, 7]);
    expect(photo?.event?.json).toBe(false);
  });

  it('goes to the stream that is named with it', async () => {
    await publisher.publish(placed(1), { stream: 'order-2' });

    expect(server.read('order-2')).toHaveLength(1);
    expect(server.read('order-1')).toHaveLength(0);
  });

  it('with the same id is kept once, as a UUID always the same', async () => {
    const first = await publisher.publish({ ...placed(1), id: 'order 1 placed' });
    const again = await publisher.publish({ ...placed(1), id: 'order 1 placed' });

    expect(again).toEqual(first);
    expect(first.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(numbers()).toEqual([{ number: 1 }]);
  });

  it('keeps an id that is a UUID', async () => {
    const { id } = await publisher.publish({ ...placed(1), id: '6F1E4C6A-0000-4000-8000-0123456789AB' });

    expect(id).toBe('6f1e4c6a-0000-4000-8000-0123456789ab');
  });
});

describe('several events', () => {
  it('are appended at once, with a place each', async () => {
    const published = await publisher.publishMany([placed(1), placed(2), placed(3)]);

    expect(published.map(({ revision }) => revision)).toEqual([0n, 1n, 2n]);
    expect(numbers()).toEqual([{ number: 1 }, { number: 2 }, { number: 3 }]);
  });

  it('are not appended when one of them can not be', async () => {
    const error = await caught(publisher.publishMany([placed(1), { type: 'Bad', data: { n: 1n } }]));

    expect(error).toMatchObject({ code: 'EVENTSTORE_EVENT_INVALID' });
    expect(server.read('order-1')).toHaveLength(0);
  });

  it('of an async iterable are appended in batches, in their order', async () => {
    async function* orders() {
      for (let number = 0; number < 25; number += 1) yield placed(number);
    }
    const small = eventstorePublisher({ client, stream: 'order-1', batchSize: 10 });

    const result = await small.publishFrom(orders(), { expectedRevision: 'noStream' });

    expect(result).toEqual({ stream: 'order-1', count: 25, revision: 24n });
    expect(numbers()).toEqual(Array.from({ length: 25 }, (_, number) => ({ number })));
  });

  it('of an iterable that are more than a server takes in one append go in several', async () => {
    const large = { type: 'Large', data: { text: 'x'.repeat(400_000) } };

    await publisher.publishFrom([large, large, large, large]);

    expect(server.read('order-1')).toHaveLength(4);
  });

  it('stop where somebody else has written in between, and tell how far they came', async () => {
    async function* orders() {
      yield placed(0);
      yield placed(1);
      server.append('order-1', [{ type: 'Intruder' }]);
      yield placed(2);
      yield placed(3);
    }
    const pairs = eventstorePublisher({ client, stream: 'order-1', batchSize: 2 });

    const error = await caught(pairs.publishFrom(orders(), { expectedRevision: 'noStream' }));

    if (!isPublishFromError(error)) throw error;
    expect(error).toMatchObject({ count: 2, revision: 1n });
    expect(isWrongRevisionError(error.cause)).toBe(true);
    expect(server.read('order-1')).toHaveLength(3);
  });
});

describe('an expected revision', () => {
  it('that does not hold is a conflict, with both revisions', async () => {
    await publisher.publishMany([placed(1), placed(2)]);

    const error = await caught(publisher.publish(placed(3), { expectedRevision: 0n }));

    if (!isWrongRevisionError(error)) throw error;
    expect(error).toMatchObject({ stream: 'order-1', expected: 0n, actual: 1n });
    expect(numbers()).toHaveLength(2);
  });

  it('of no stream is a conflict when there is one', async () => {
    await publisher.publish(placed(1));

    const error = await caught(publisher.publish(placed(2), { expectedRevision: 'noStream' }));

    expect(error).toMatchObject({ code: 'EVENTSTORE_WRONG_REVISION', expected: 'noStream', actual: 0n });
  });

  it('of some stream is a conflict when there is none', async () => {
    const error = await caught(publisher.publish(placed(1), { expectedRevision: 'streamExists' }));

    expect(error).toMatchObject({ code: 'EVENTSTORE_WRONG_REVISION', actual: 'noStream' });
  });

  it('that holds is appended after', async () => {
    await publisher.publish(placed(1), { expectedRevision: 'noStream' });
    await publisher.publish(placed(2), { expectedRevision: 0n });
    await publisher.publish(placed(3), { expectedRevision: 'streamExists' });

    expect(numbers()).toHaveLength(3);
  });

  it('is a conflict too for a client that is told not to throw', async () => {
    const silent = KurrentDBClient.connectionString(`${server.connectionString}&throwOnAppendFailure=false`);
    const own = eventstorePublisher({ client: silent, stream: 'order-1' });
    await own.publish(placed(1));

    const error = await caught(own.publish(placed(2), { expectedRevision: 'noStream' }));
    await silent.dispose();

    expect(error).toMatchObject({ code: 'EVENTSTORE_WRONG_REVISION', actual: undefined });
  });
});

describe('bad input', () => {
  it.each([
    ['a blank type', { type: ' ', data: {} }],
    ['no data', { type: 'A', data: undefined }],
    ['data that are no JSON', { type: 'A', data: { n: 1n } }],
    ['headers that are no JSON', { type: 'A', data: {}, headers: { n: 1n } }],
    ['a bare text', { type: 'A', data: 'text' }],
    ['the nil UUID', { type: 'A', data: {}, id: '00000000-0000-0000-0000-000000000000' }],
    ['16 MiB', { type: 'A', data: new Uint8Array(16_777_217) }],
  ])('is refused before it is sent: %s', async (_what, event) => {
    expect(await caught(publisher.publish(event))).toMatchObject({ code: 'EVENTSTORE_EVENT_INVALID' });
    expect(server.counters.calls).toEqual({});
  });

  it('is refused where the server takes less', async () => {
    const error = await caught(publisher.publish({ type: 'A', data: new Uint8Array(2_000_000) }));

    expect(error).toMatchObject({ code: 'EVENTSTORE_EVENT_INVALID' });
    expect(String(error)).toContain('larger than the server takes');
  });

  it('is an event without a stream', async () => {
    const nowhere = eventstorePublisher({ client });

    expect(await caught(nowhere.publish(placed(1)))).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
  });

  it('is an option out of its bounds, or two ways to the database', () => {
    expect(() => eventstorePublisher({ client, attempts: 0 })).toThrow(/`attempts` is 0/);
    // @ts-expect-error: both
    expect(() => eventstorePublisher({ client, connectionString: 'kurrentdb://x' })).toThrow(/Exactly one/);
  });
});

describe('trouble on the way', () => {
  it('is met by another try, which appends nothing twice', async () => {
    server.faults.next('Streams.BatchAppend', { kind: 'lose-answer', refusal: refusals.cancelled });

    const { revision } = await publisher.publish(placed(1));

    expect(revision).toBe(0n);
    expect(numbers()).toEqual([{ number: 1 }]);
    expect(server.counters.calls['Streams.BatchAppend']).toBe(2);
  });

  it('is told when a node is dead', async () => {
    await server.close();

    const error = await caught(publisher.publish(placed(1)));

    expect(error).toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
    expect(String(error)).toContain('same ids');
  });

  it('is told when no answer comes', async () => {
    const impatient = eventstorePublisher({ client, stream: 'order-1', timeout: 50, attempts: 1 });
    server.faults.next('Streams.BatchAppend', { kind: 'hang' });

    const error = await caught(impatient.publish(placed(1)));

    expect(error).toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
    expect(String(error)).toContain('no answer');
  });

  it('is not waited for once the signal aborts', async () => {
    server.faults.next('Streams.BatchAppend', { kind: 'hang' });
    const ending = new AbortController();
    const work = caught(publisher.publish(placed(1), { signal: ending.signal }));

    ending.abort();

    expect(await work).toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
  });

  it('is told when the stream is deleted for good', async () => {
    await publisher.publish(placed(1));
    server.deleteStream('order-1', { forGood: true });

    expect(await caught(publisher.publish(placed(2)))).toMatchObject({ code: 'EVENTSTORE_STREAM_DELETED' });
  });
});

describe('closing', () => {
  it('leaves a client that was given alone', async () => {
    await publisher.publish(placed(1));
    await publisher.close();
    await publisher.close();

    await client.appendToStream('order-2', []);
    expect(await caught(publisher.publish(placed(2)))).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
  });

  it('disposes of a client of its own, after what is under way', async () => {
    const own = eventstorePublisher({ connectionString: server.connectionString, stream: 'order-1' });
    const work = own.publish(placed(1));
    await own.close();

    expect(await work).toMatchObject({ revision: 0n });
    await expect.poll(() => server.counters.open['Streams.BatchAppend'] ?? 0).toBe(0);
  });
});
