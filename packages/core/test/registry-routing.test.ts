import { expect, test, vi } from 'vitest';

import { createConsumer, createRegistry, handler, memoryStore, silentLogger } from '../src/index.ts';
import type { Message } from '../src/index.ts';
import { scriptedSource } from './support/scripted-source.ts';

/** What three ways to write the same handlers do with the same events. */
const ways = {
  decorated(took: (name: string, message: Message) => void) {
    class Orders {
      @handler('OrderPlaced', { name: 'exact' })
      exact(message: Message): void {
        took('exact', message);
      }
      @handler('Order*', { name: 'pattern' })
      async pattern(message: Message): Promise<void> {
        took('pattern', message);
      }
      @handler(['Refunded', 'OrderLost'], { name: 'list', source: ['shop', 'third'] })
      list(message: Message): void {
        took('list', message);
      }
      @handler({ name: 'rest', source: 'shop' })
      rest(message: Message): void {
        took('rest', message);
      }
    }
    return [new Orders()];
  },
  'a registry': (took: (name: string, message: Message) => void) => [
    createRegistry()
      .add('OrderPlaced', { name: 'exact' }, (message) => took('exact', message))
      .add('Order*', { name: 'pattern' }, async (message) => took('pattern', message))
      .add(['Refunded', 'OrderLost'], { name: 'list', source: ['shop', 'third'] }, (message) =>
        took('list', message),
      )
      .add({ name: 'rest', source: 'shop' }, (message) => took('rest', message)),
  ],
};

async function whatIsTaken(way: keyof typeof ways | 'consumer.on'): Promise<readonly string[]> {
  const taken: string[] = [];
  const took = (name: string, { type, source }: Message) => void taken.push(`${source} ${type}: ${name}`);
  const sources = ['shop', 'legacy', 'third'].map((name) =>
    scriptedSource({ name, settings: { concurrency: 1 } }),
  );
  const handlers = way === 'consumer.on' ? [] : ways[way](took);
  const consumer = createConsumer({
    name: 'billing',
    sources,
    handlers,
    store: memoryStore(),
    log: silentLogger,
  });
  if (way === 'consumer.on') {
    consumer
      .on('OrderPlaced', { name: 'exact' }, (message) => took('exact', message))
      .on('Order*', { name: 'pattern' }, async (message) => took('pattern', message))
      .on(['Refunded', 'OrderLost'], { name: 'list', source: ['shop', 'third'] }, (message) =>
        took('list', message),
      )
      .on({ name: 'rest', source: 'shop' }, (message) => took('rest', message));
  }
  await consumer.start();
  const types = ['OrderPlaced', 'OrderLost', 'Refunded', 'Unknown'];
  for (const source of sources) source.send(...types.map((type) => ({ type, id: `${source.name} ${type}` })));
  await vi.waitFor(() =>
    expect(sources.flatMap(({ settlements }) => settlements)).toHaveLength(3 * types.length),
  );
  await consumer.stop();
  const { letters } = await consumer.deadLetters.list();
  const unhandled = letters.map(({ source, reason, message }) => `${source} ${message.type}: ${reason}`);
  return [...taken, ...unhandled].sort();
}

test.each(['decorated', 'a registry', 'consumer.on'] as const)(
  '%s: each event is for those who asked for it',
  async (way) => {
    expect(await whatIsTaken(way)).toEqual([
      'legacy OrderLost: pattern',
      'legacy OrderPlaced: exact',
      'legacy OrderPlaced: pattern',
      'legacy Refunded: unhandled',
      'legacy Unknown: unhandled',
      'shop OrderLost: list',
      'shop OrderLost: pattern',
      'shop OrderPlaced: exact',
      'shop OrderPlaced: pattern',
      'shop Refunded: list',
      'shop Unknown: rest',
      'third OrderLost: list',
      'third OrderLost: pattern',
      'third OrderPlaced: exact',
      'third OrderPlaced: pattern',
      'third Refunded: list',
      'third Unknown: unhandled',
    ]);
  },
);
