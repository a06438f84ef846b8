import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer, linkTo } from '@millrace/testing/eventstore';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventReader } from '../../src/reader/reader.ts';
import { eventstoreReader } from '../../src/reader/reader.ts';
import type { ResolvedEvent } from '../../src/client.ts';

let server: EventStoreServer;
let client: KurrentDBClient;
let reader: EventReader;

beforeEach(async () => {
  server = await eventStoreServer({ projections: false });
  client = KurrentDBClient.connectionString(server.connectionString);
  reader = eventstoreReader({ client });
});

afterEach(async () => {
  await reader.close();
  await client.dispose();
  await server.close();
});

function fill(stream: string, count: number): void {
  const events = Array.from({ length: count }, (_, number) => ({ type: 'Counted', data: { number } }));
  server.append(stream, events);
}

const revisions = (events: readonly ResolvedEvent[]) => events.map(({ event }) => Number(event?.revision));
const caught = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
const range = (count: number) => Array.from({ length: count }, (_, index) => index);

async function all(events: AsyncIterable<ResolvedEvent>): Promise<readonly ResolvedEvent[]> {
  const read = [];
  for await (const event of events) read.push(event);
  return read;
}

describe('one event', () => {
  it('is got by its revision, with what was written', async () => {
    fill('s', 3);

    const found = await reader.get('s', 1n);

    expect(found?.event).toMatchObject({ streamId: 's', revision: 1n, type: 'Counted', data: { number: 1 } });
  });

  it('is the last one when that is asked for', async () => {
    fill('s', 3);

    expect((await reader.get('s', 'last'))?.event?.revision).toBe(2n);
  });

  it('is none where the stream has none, or no longer', async () => {
    fill('s', 3);
    await client.setStreamMetadata('s', { truncateBefore: 2 });

    expect(await reader.get('s', 7n)).toBeUndefined();
    expect(await reader.get('s', 0n)).toBeUndefined();
    expect((await reader.get('s', 2n))?.event?.revision).toBe(2n);
  });

  it('behind a link is found by the link, and told with it', async () => {
    fill('s', 3);
    server.append('links', [linkTo('s', 2n)]);

    const followed = await reader.get('links', 0n);
    const plain = await reader.get('links', 0n, { resolveLinks: false });

    expect(followed?.event?.streamId).toBe('s');
    expect(followed?.link?.streamId).toBe('links');
    expect(plain?.event?.type).toBe('$>');
  });
});

describe('slices', () => {
  it('go forwards until there is no more', async () => {
    fill('s', 5);

    const first = await reader.slice('s', { count: 3 });
    const second = await reader.slice('s', { count: 3, from: first.next });

    expect([revisions(first.events), first.next]).toEqual([[0, 1, 2], 3n]);
    expect([revisions(second.events), second.next]).toEqual([[3, 4], undefined]);
  });

  it('go backwards to the first event', async () => {
    fill('s', 5);

    const first = await reader.slice('s', { direction: 'backwards', count: 3 });
    const second = await reader.slice('s', { direction: 'backwards', count: 2, from: first.next });

    expect([revisions(first.events), first.next]).toEqual([[4, 3, 2], 1n]);
    expect([revisions(second.events), second.next]).toEqual([[1, 0], undefined]);
  });

  it('of a stream that is not there say so', async () => {
    expect(await caught(reader.slice('nowhere'))).toMatchObject({ code: 'EVENTSTORE_STREAM_MISSING' });
  });

  it('are refused where they make no sense', async () => {
    expect(await caught(reader.slice('s', { count: 0 }))).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
    expect(await caught(reader.slice('s', { from: -1n }))).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
  });
});

describe('iteration', () => {
  it.each(['forwards', 'backwards'] as const)(
    'over a stream has all its events once: %s',
    async (direction) => {
      fill('s', 25);

      const events = await all(reader.iterate('s', { direction, count: 10 }));

      const expected = range(25);
      expect(revisions(events)).toEqual(direction === 'forwards' ? expected : expected.toReversed());
    },
  );

  it.each(['forwards', 'backwards'] as const)(
    'over the log has all its events once: %s',
    async (direction) => {
      fill('a', 7);
      server.append('t', [{ type: 'X' }, { type: 'Y' }], { transaction: true });
      fill('b', 6);
      const log = server.log.map(({ id }) => id);

      const events = await all(reader.iterateAll({ direction, count: 3, resolveLinks: false }));

      const ids = events.map(({ event }) => event?.id);
      expect(ids).toEqual(direction === 'forwards' ? log : log.toReversed());
    },
  );

  it('can be left at any event, and leaves no read open', async () => {
    fill('s', 30);
    const seen = [];
    for await (const { event } of reader.iterate('s', { count: 10 })) {
      seen.push(Number(event?.revision));
      if (seen.length === 12) break;
    }

    expect(seen).toEqual(range(12));
    expect(server.counters.calls['Streams.Read']).toBe(2);
    await expect.poll(() => server.counters.open['Streams.Read'] ?? 0).toBe(0);
  });
});

describe('ping', () => {
  it('tells the round trip, without any stream', async () => {
    const { roundTrip } = await reader.ping();

    expect(roundTrip).toBeGreaterThan(0);
    expect(server.counters.calls['Streams.Read']).toBe(1);
  });

  it('fails when the node is dead', async () => {
    await server.close();

    expect(await caught(reader.ping())).toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
  });

  it('fails when no answer comes', async () => {
    const impatient = eventstoreReader({ client, timeout: 50 });
    server.faults.next('Streams.Read', { kind: 'hang' });

    const error = await caught(impatient.ping());

    expect(error).toMatchObject({ code: 'EVENTSTORE_UNREACHABLE' });
    expect(String(error)).toContain('no answer');
  });
});

it('ends a wait with the reason of its signal', async () => {
  server.faults.next('Streams.Read', { kind: 'hang' });
  const ending = new AbortController();
  const work = caught(reader.slice('s', { signal: ending.signal }));

  ending.abort(new Error('enough'));

  expect(await work).toMatchObject({ message: 'enough' });
});

it('disposes of a client of its own only', async () => {
  fill('s', 1);
  const own = eventstoreReader({ connectionString: server.connectionString });
  await own.get('s', 0n);
  await own.close();
  await reader.close();

  expect(await caught(own.get('s', 0n))).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
  await client.appendToStream('s', []);
});
