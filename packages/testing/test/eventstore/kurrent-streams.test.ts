import { KurrentDBClient, jsonEvent, START, END, FORWARDS, BACKWARDS } from '@kurrent/kurrentdb-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventStoreServer } from '../../src/eventstore.ts';
import { eventStoreServer } from '../../src/eventstore.ts';

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

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('appending and reading', () => {
  it('writes a batch and reads it forwards and backwards', async () => {
    const events = [1, 2, 3].map((n) => jsonEvent({ type: 'Placed', data: { n }, metadata: { by: 'me' } }));
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
});
