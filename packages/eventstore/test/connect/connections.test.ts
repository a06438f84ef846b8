import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import type { EventstoreClient } from '../../src/client.ts';
import { createConnections } from '../../src/connect/connections.ts';
import { loadClient } from '../../src/connect/load-client.ts';

interface Opened {
  readonly url: string;
  disposed: number;
}

/** Real clients connect only when they are used. */
function recording() {
  const opened: Opened[] = [];
  async function open(url: string): Promise<EventstoreClient> {
    const client = await loadClient(url);
    const record: Opened = { url, disposed: 0 };
    opened.push(record);
    const { dispose } = client;
    return Object.assign(client, {
      async dispose() {
        record.disposed += 1;
        await dispose();
      },
    });
  }
  return { opened, open };
}

it('shares a client until it is full, and opens a connection that differs for the next, and from that of publishers', async () => {
  const { opened, open } = recording();
  const connections = createConnections(open, 2);
  const url = 'kurrentdb://localhost:1?tls=false&keepAliveInterval=20000';
  const [one, two, three] = await Promise.all([
    connections.acquire(url),
    connections.acquire(url),
    connections.acquire(url),
  ]);
  expect(one.client).toBe(two.client);
  expect(three.client).not.toBe(one.client);
  expect(opened.map((client) => client.url)).toEqual([
    'kurrentdb://localhost:1?tls=false&keepAliveInterval=20001',
    'kurrentdb://localhost:1?tls=false&keepAliveInterval=20002',
  ]);
  await one.release();
  await one.release();
  expect(opened[0]?.disposed).toBe(0);
  const four = await connections.acquire(url);
  expect(four.client).toBe(two.client);
  for (const connection of [two, three, four]) await connection.release();
  expect(opened.map(({ disposed }) => disposed)).toEqual([1, 1]);
});

it('opens anew after the last has gone, and keeps databases apart', async () => {
  const { opened, open } = recording();
  const connections = createConnections(open, 2);
  const first = await connections.acquire('kurrentdb://localhost:1?tls=false');
  const other = await connections.acquire('kurrentdb://localhost:2?tls=false');
  expect(other.client).not.toBe(first.client);
  await first.release();
  const again = await connections.acquire('kurrentdb://localhost:1?tls=false');
  expect(again.client).not.toBe(first.client);
  expect(opened).toHaveLength(3);
  await other.release();
  await again.release();
});

it('forgets a client that could not be opened', async () => {
  let tries = 0;
  const connections = createConnections(async (url) => {
    tries += 1;
    if (tries === 1) throw new Error('not yet');
    return await loadClient(url);
  });
  await expect(connections.acquire('kurrentdb://localhost:1')).rejects.toThrow('not yet');
  const connection = await connections.acquire('kurrentdb://localhost:1');
  expect(tries).toBe(2);
  await connection.release();
});

it('never quotes a connection string that the client does not take', async () => {
  const error: unknown = await loadClient('kurrentdb://admin:hunter2@localhost:port').catch(
    (e: unknown) => e,
  );
  expect(error).toMatchObject({ code: 'EVENTSTORE_OPTIONS' });
  expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('hunter2');
});
