import { BACKWARDS, END, FORWARDS, jsonEvent, KurrentDBClient, START } from '@kurrent/kurrentdb-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreServer } from '../../src/eventstore.ts';
import { eventStoreServer, linkTo } from '../../src/eventstore.ts';
import { all, rejection } from './support/until.ts';

let server: EventStoreServer;
let client: KurrentDBClient;

beforeEach(async () => {
  server = await eventStoreServer();
  client = KurrentDBClient.connectionString(server.connectionString);
});

afterEach(async () => {
  await client.dispose();
  await server.close();
});

const placed = (n: number) => jsonEvent({ type: 'Placed', data: { n }, metadata: { by: 'me' } });

describe('reading', () => {
  it('gives what was written, forwards and backwards', async () => {
    const events = [1, 2, 3].map(placed);
    const result = await client.appendToStream('order-1', events, { streamState: 'no_stream' });
    expect(result).toMatchObject({ success: true, nextExpectedRevision: 2n });
    const forwards = await all(client.readStream('order-1', { direction: FORWARDS, fromRevision: START }));
    expect(forwards.map(({ event }) => event?.data)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(forwards[0]?.event).toMatchObject({
      id: events[0]?.id,
      type: 'Placed',
      metadata: { by: 'me' },
      revision: 0n,
    });
    const last = await all(
      client.readStream('order-1', { direction: BACKWARDS, fromRevision: END, maxCount: 2 }),
    );
    expect(last.map(({ event }) => event?.revision)).toEqual([2n, 1n]);
    expect(result.position).toEqual(forwards[2]?.event?.position);
  });

  it('goes through all streams, from a position that is included', async () => {
    server.append('a-1', [{ type: 'A' }, { type: 'B' }]);
    server.append('b-1', [{ type: 'C' }]);
    const own = ({ event }: { event?: { streamId: string } | undefined }) => !event?.streamId.startsWith('$');
    const events = (await all(client.readAll())).filter(own);
    expect(events.map(({ event }) => event?.type)).toEqual(['A', 'B', 'C']);
    const position = events[1]?.event?.position;
    const rest = await all(client.readAll({ fromPosition: position ?? START }));
    expect(rest.filter(own).map(({ event }) => event?.type)).toEqual(['B', 'C']);
    const before = await all(client.readAll({ fromPosition: position ?? START, direction: BACKWARDS }));
    expect(before.map(({ event }) => event?.type)).toEqual(['A']);
  });

  it('refuses a position in the middle of a record', async () => {
    server.append('a-1', [{ type: 'A' }, { type: 'B' }]);
    const reading = all(client.readAll({ fromPosition: { commit: 7n, prepare: 7n } }));
    expect(String(await rejection(reading))).toContain('invalid position');
  });

  it('tells that there is no such stream', async () => {
    const error = await rejection(all(client.readStream('nowhere')));
    expect(error).toMatchObject({ type: 'stream-not-found', streamName: 'nowhere' });
  });

  it('gives events of an explicit transaction the position of its commit', async () => {
    server.append('t-1', [{ type: 'A' }, { type: 'B' }], { transaction: true });
    const [first, second] = await all(client.readStream('t-1'));
    expect(first?.event?.position?.commit).toBe(second?.event?.position?.commit);
    expect(first?.event?.position?.prepare).toBeLessThan(second?.event?.position?.prepare ?? 0n);
    expect(second?.event?.position?.prepare).toBeLessThan(second?.event?.position?.commit ?? 0n);
  });

  it('follows links, and tells when their target is gone', async () => {
    server.append('a-1', [{ type: 'A' }]);
    server.append('b-1', [{ type: 'B' }]);
    server.append('picks', [linkTo('a-1', 0n), linkTo('b-1', 0n), linkTo('b-1', 9n)]);
    server.deleteStream('a-1');
    const picks = await all(client.readStream('picks', { resolveLinkTos: true }));
    expect(picks.map(({ event, link }) => [event?.type, link?.revision])).toEqual([
      [undefined, 0n],
      ['B', 1n],
      [undefined, 2n],
    ]);
    const links = await all(client.readStream('picks'));
    expect(links.map(({ event }) => event?.type)).toEqual(['$>', '$>', '$>']);
  });

  it('has a stream of links for each category and each event type', async () => {
    server.append('order-1', [{ type: 'Placed', data: 1 }]);
    server.append('order-2', [{ type: 'Placed', data: 2 }]);
    server.append('plain', [{ type: 'Placed', data: 3 }]);
    for (const [stream, data] of [
      ['$ce-order', [1, 2]],
      ['$et-Placed', [1, 2, 3]],
    ] as const) {
      const events = await all(client.readStream(stream, { resolveLinkTos: true }));
      expect(events.map(({ event }) => event?.data)).toEqual(data);
    }
  });

  it('hides what metadata says is over', async () => {
    server.append(
      'order-1',
      [1, 2, 3, 4].map((data) => ({ type: 'Placed', data })),
    );
    await client.setStreamMetadata('order-1', { maxCount: 3, truncateBefore: 2 });
    expect((await client.getStreamMetadata('order-1')).metadata).toMatchObject({ maxCount: 3 });
    const events = await all(client.readStream('order-1'));
    expect(events.map(({ event }) => event?.revision)).toEqual([2n, 3n]);
  });

  it('keeps bytes that claim to be JSON as they are', async () => {
    server.append('bad-1', [{ type: 'Bad', data: Buffer.from('{"a":'), json: true }]);
    const sub = client.subscribeToStream('bad-1', { fromRevision: START });
    for await (const { event } of sub) {
      expect(event).toMatchObject({ isJson: true, data: '{"a":' });
      break;
    }
    await sub.unsubscribe();
  });
});

describe('writing', () => {
  it.each(['batched', 'single'])('refuses what does not come as expected (%s)', async (kind) => {
    // Credentials of its own make the client leave the batched append.
    const credentials = kind === 'single' ? { credentials: { username: 'u', password: 'p' } } : {};
    await client.appendToStream('order-1', placed(1), credentials);
    const again = client.appendToStream('order-1', placed(2), { ...credentials, streamState: 'no_stream' });
    expect(await rejection(again)).toMatchObject({
      type: 'wrong-expected-version',
      streamName: 'order-1',
      expectedState: 'no_stream',
      actualState: 0n,
    });
    const ahead = client.appendToStream('order-1', placed(2), { ...credentials, streamState: 4n });
    expect(await rejection(ahead)).toMatchObject({ expectedState: 4n, actualState: 0n });
    const method = kind === 'single' ? 'Streams.Append' : 'Streams.BatchAppend';
    expect(server.counters.calls[method]).toBeGreaterThan(0);
    expect(server.read('order-1')).toHaveLength(1);
  });

  it('answers a write that comes again as it did the first time', async () => {
    const events = [placed(1), placed(2)];
    const first = await client.appendToStream('order-1', events, { streamState: 'no_stream' });
    await client.appendToStream('order-1', placed(3));
    expect(await client.appendToStream('order-1', events, { streamState: 'no_stream' })).toEqual(first);
    expect(await client.appendToStream('order-1', events)).toEqual(first);
    expect(server.read('order-1')).toHaveLength(3);
  });

  it('takes a batch in several parts', async () => {
    const events = Array.from({ length: 50 }, (_, n) => placed(n));
    await client.appendToStream('order-1', events, { batchAppendSize: 200 });
    expect(server.read('order-1')).toHaveLength(50);
    expect(server.counters.calls['Streams.BatchAppend']).toBe(1);
  });

  it('refuses what is too large', async () => {
    const large = jsonEvent({ type: 'Large', data: { text: 'x'.repeat(1_048_576) } });
    expect(await rejection(client.appendToStream('order-1', large))).toMatchObject({
      type: 'maximum-append-size-exceeded',
    });
  });

  it('lets a deleted stream be written to again, after its last revision', async () => {
    await client.appendToStream('order-1', [placed(1), placed(2)]);
    await client.deleteStream('order-1');
    expect(await rejection(all(client.readStream('order-1')))).toMatchObject({ type: 'stream-not-found' });
    const back = await client.appendToStream('order-1', placed(3), { streamState: 'no_stream' });
    expect(back.nextExpectedRevision).toBe(2n);
    const events = await all(client.readStream('order-1'));
    expect(events.map(({ event }) => event?.data)).toEqual([{ n: 3 }]);
  });

  it('never lets a stream with a tombstone be used again', async () => {
    await client.appendToStream('order-1', placed(1));
    await client.tombstoneStream('order-1');
    const deleted = { type: 'stream-deleted', streamName: 'order-1' };
    expect(await rejection(all(client.readStream('order-1')))).toMatchObject(deleted);
    expect(await rejection(client.appendToStream('order-1', placed(2)))).toMatchObject(deleted);
  });

  it('does not delete what is not as expected', async () => {
    await client.appendToStream('order-1', placed(1));
    const wrong = client.deleteStream('order-1', { expectedRevision: 5n });
    expect(await rejection(wrong)).toMatchObject({ type: 'wrong-expected-version', actualState: 0n });
  });
});
