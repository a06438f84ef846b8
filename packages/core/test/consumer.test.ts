import { expect, test, vi } from 'vitest';

import type { LogFields } from '../src/index.ts';
import { createConsumer, memoryStore, silentLogger } from '../src/index.ts';
import { scriptedSource } from './support/scripted-source.ts';

test('handles and settles what a source sends', async () => {
  const source = scriptedSource();
  const seen: unknown[] = [];
  const consumer = createConsumer({
    name: 'billing',
    sources: [source],
    store: memoryStore(),
    log: silentLogger,
  });
  consumer.on('Ping', async ({ data }) => {
    seen.push(data);
  });
  await consumer.start();
  source.send({ data: 1 }, { data: 2 }, { id: 'm1', data: 1 });
  await vi.waitFor(() => expect(source.settledAs('done')).toHaveLength(2));
  await consumer.stop();
  expect(seen).toEqual([1, 2]);
});

test('a line that a handler logs says which event it is about', async () => {
  const source = scriptedSource();
  const lines: unknown[] = [];
  const log = {
    ...silentLogger,
    info: (message: string, fields?: LogFields) => void lines.push({ message, ...fields }),
  };
  const consumer = createConsumer({ name: 'billing', sources: [source], store: memoryStore(), log });
  consumer.on('Ping', { name: 'ping' }, (_message, context) => context.log.info('Hello.', { more: 1 }));
  await consumer.start();
  source.send({ id: 'm7' });
  await vi.waitFor(() => expect(source.settledAs('done')).toEqual(['m7']));
  await consumer.stop();
  expect(lines).toContainEqual({
    message: 'Hello.',
    consumer: 'billing',
    source: 'orders',
    handler: 'ping',
    messageId: 'm7',
    type: 'Ping',
    attempt: 1,
    more: 1,
  });
});
