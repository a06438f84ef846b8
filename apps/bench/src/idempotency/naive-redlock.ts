import { Redis } from 'ioredis';
import Redlock from 'redlock';

import type { Guard } from './guard.ts';
import { lease } from './guard.ts';

/**
 * A lock for each message, taken before its handler and given back after it: what one writes with the redlock package.
 * It does less than a store: once the lock is given back nothing remembers that the message is done.
 */
export async function naiveRedlock(urls: readonly string[]): Promise<Guard> {
  const clients = urls.map((url) => new Redis(url, { lazyConnect: true }));
  await Promise.all(clients.map((client) => client.connect()));
  const redlock = new Redlock(clients);
  return {
    async handle(batch, handler) {
      await Promise.all(
        batch.map(async (message) => {
          const lock = await redlock.acquire([message.key], lease);
          await handler(message);
          await lock.release();
        }),
      );
      return batch;
    },
    async close() {
      for (const client of clients) client.disconnect();
    },
  };
}
