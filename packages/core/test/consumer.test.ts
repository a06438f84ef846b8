import { expect, test, vi } from 'vitest';

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
