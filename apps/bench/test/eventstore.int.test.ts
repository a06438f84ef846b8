import { KurrentDBClient } from '@kurrent/kurrentdb-client';
import type { EventStoreServer } from '@millrace/testing/eventstore';
import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, onTestFinished, test } from 'vitest';

import { createEvent } from '../src/eventstore/bench-event.ts';
import type { ReadOptions } from '../src/eventstore/client.ts';
import { startClient } from '../src/eventstore/client.ts';
import { eventstoreContender } from '../src/eventstore/contender.ts';
import { assertSettled, createGroup } from '../src/eventstore/group.ts';
import { assertPlace } from '../src/eventstore/reader.ts';
import type { ReaderName } from '../src/eventstore/readers.ts';
import { readers } from '../src/eventstore/readers.ts';
import { startServer } from '../src/eventstore/server.ts';
import { createStopwatch } from '../src/measure/stopwatch.ts';

const names = Object.keys(readers) as ReaderName[];

async function serverForTest(...numbers: readonly number[]): Promise<EventStoreServer> {
  const server = await eventStoreServer();
  onTestFinished(() => server.close());
  server.append('orders', numbers.map(createEvent));
  return server;
}

test('events have some 250 bytes of JSON', () => {
  expect(JSON.stringify(createEvent(123).data).length).toBeGreaterThan(230);
  expect(JSON.stringify(createEvent(123_456).data).length).toBeLessThan(270);
});

test.each(names)('%s reads the same stream again and again', async (name) => {
  const server = startServer();
  onTestFinished(() => server.close());
  const contender = eventstoreContender(server, name, name);
  onTestFinished(() => contender.close());
  for (let round = 0; round < 2; round += 1) {
    const trial = await contender.prepare(300);
    const stopwatch = createStopwatch();
    await trial.run(stopwatch);
    await trial.finish();
    expect(stopwatch.measured.cpu).toBeGreaterThan(0);
    expect(stopwatch.measured.seconds).toBeGreaterThan(0);
  }
});

test.each(names)('the process of %s has no result when an event comes twice', async (name) => {
  const server = await serverForTest(0, 1, 2, 2);
  const client = startClient(name);
  onTestFinished(() => client.close());
  const options: ReadOptions = {
    connectionString: server.connectionString,
    stream: 'orders',
    messages: 4,
  };
  await client.ask('read', options);
  await expect(client.ask('stop')).rejects.toThrow(
    'Of 4 messages 1 were never handled and 1 more than once.',
  );
});

test('a group with an event that is not acknowledged has no result', async () => {
  const server = await serverForTest(0, 1);
  const client = KurrentDBClient.connectionString(server.connectionString);
  onTestFinished(() => client.dispose());
  await createGroup(client, 'orders', 'billing');
  const subscription = client.subscribeToPersistentSubscriptionToStream('orders', 'billing');
  for await (const event of subscription) {
    if (event.event?.revision === 1n) break;
    await subscription.ack(event);
  }
  await expect(assertSettled(client, 'orders', 'billing')).rejects.toThrow(
    'To the server, 1 events of "billing" are not done.',
  );
});

test('a reader that would go on elsewhere has no result', () => {
  expect(() => assertPlace(12n, 12n)).not.toThrow();
  expect(() => assertPlace(undefined, 12n)).toThrow('It would go on after undefined');
  expect(() => assertPlace(11n, 12n)).toThrow('It would go on after 11, though the last event is 12.');
});
