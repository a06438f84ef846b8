import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { kafka } from '../../src/index.ts';
import type { ClientName } from '../support/client-of.ts';
import { clientOf } from '../support/client-of.ts';

/** Consumes until it is told to stop, killed or frozen, and says of each event that it has handled it. */
const [library = '', broker = '', topic = '', group = '', delay = '0', session = '3000', instance] =
  process.argv.slice(2);
const say: (message: object) => Promise<void> = promisify((message: object, done: (error: unknown) => void) =>
  process.send?.(message, undefined, undefined, done),
);
const source = kafka({
  client: clientOf(library as ClientName, [broker]),
  topics: topic,
  group,
  start: 'earliest',
  sessionTimeout: Number(session),
  ...(instance !== undefined && { instanceId: instance }),
  rebalanceTimeout: 5_000,
  concurrency: 4,
});
const consumer = createConsumer({
  name: 'billing',
  sources: [source],
  // Of its own: none knows what the others have handled.
  store: memoryStore(),
  markers: { every: 5, interval: 20 },
  log: silentLogger,
});
consumer.on('*', async ({ data, channel }) => {
  if (delay !== '0') await setTimeout(Number(delay));
  // Said before it counts as done: what is killed in between is handled again, never left out.
  await say({ value: data, channel });
});
await consumer.run();
process.disconnect();
