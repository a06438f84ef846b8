import { eventStoreServer } from '@millrace/testing/eventstore';
import { expect, it, onTestFinished } from 'vitest';
import { seededRandom, seedsOr } from '../catch-up/support/seeded-random.ts';
import { until } from '../catch-up/support/until.ts';
import { numbers } from '../catch-up/support/bench.ts';
import type { ConsumerProcess } from './support.ts';
import { startConsumer, storePath } from './support.ts';

async function serve() {
  const server = await eventStoreServer();
  onTestFinished(() => server.close());
  return server;
}

const sorted = (values: Iterable<number>) => [...values].sort((one, other) => one - other);

it.each(seedsOr('1,2'))(
  'a process killed at random points and started again loses no event, and none overtakes another of its stream (MILLRACE_SEED=%i)',
  async (seed) => {
    const random = seededRandom(seed);
    const server = await serve();
    const path = storePath();
    const last = 600;
    for (let n = 1; n <= last; n += 1) server.append(`order-${n % 3}`, [{ type: 'Counted', data: { n } }]);
    /** The newest of each stream that was handled. */
    const newest = new Map<string, number>();
    const seen = new Set<number>();

    async function run(end: (process: ConsumerProcess) => Promise<void>): Promise<void> {
      const running = startConsumer('catch-up', server.connectionString, path);
      await end(running);
      const before = new Map<string, number>();
      for (const { n, key } of running.handled) {
        // A process may repeat what the one before had not marked as done; it leaves out nothing.
        expect(n - 3, `${n} of ${key}`).toBeLessThanOrEqual(newest.get(key) ?? (n % 3 || 3));
        expect(n, `${n} of ${key}`).toBeGreaterThan(before.get(key) ?? 0);
        before.set(key, n);
        newest.set(key, Math.max(newest.get(key) ?? 0, n));
        seen.add(n);
      }
    }

    for (let kill = 0; kill < 4; kill += 1) {
      const target = 1 + Math.floor(random() * 100);
      await run(async (running) => {
        await until(() => running.handled.length >= target);
        expect(await running.end('SIGKILL')).toBe('SIGKILL');
      });
      expect(seen.size).toBeLessThan(last);
    }
    await run(async (running) => {
      await until(() => running.handled.some(({ n }) => n === last));
      await until(() => new Set([...seen, ...running.handled.map(({ n }) => n)]).size === last);
      expect(await running.end('SIGTERM')).toBe(0);
    });

    expect(sorted(seen)).toEqual(numbers(1, last));
    await until(() => server.counters.subscriptions === 0);
  },
  60_000,
);

it('of two consumers of a group one is killed, and the other has all that was with it', async () => {
  const server = await serve();
  const events = numbers(1, 400).map((n) => ({ type: 'Counted', data: { n } }));
  // Stores of their own: none of the two knows what the other has handled.
  const killed = startConsumer('persistent', server.connectionString, storePath());
  const survivor = startConsumer('persistent', server.connectionString, storePath());
  await until(() => server.counters.subscriptions === 2);
  server.append('orders', events);
  await until(() => killed.handled.length > 20 && survivor.handled.length > 20);

  expect(await killed.end('SIGKILL')).toBe('SIGKILL');

  const seen = () => new Set([...killed.handled, ...survivor.handled].map(({ n }) => n));
  await until(() => seen().size === events.length);
  expect(killed.handled.length).toBeLessThan(events.length);
  expect(await survivor.end('SIGTERM')).toBe(0);
  await until(() => server.counters.subscriptions === 0);
}, 60_000);
