import { setTimeout } from 'node:timers/promises';
import type { TcpProxy } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { nothingWrong } from './support/audit.ts';
import { lease, startRedisShop } from './support/redis-shop.ts';
import { seeded } from './support/seeded.ts';
import { until } from './support/until.ts';

interface Fault {
  readonly name: string;
  readonly start: (proxy: TcpProxy) => void | Promise<void>;
}

/** Each holds for longer than the leases. */
const faults: readonly Fault[] = [
  { name: 'answers after 4 s', start: (proxy) => proxy.latency({ milliseconds: 2_000 }) },
  { name: 'is in a black hole', start: (proxy) => proxy.blackHole() },
  {
    name: 'gets what it is told and its answers are in a black hole',
    start: (proxy) => proxy.blackHole({ direction: 'to-client' }),
  },
  { name: 'is gone and comes back', start: (proxy) => proxy.refuse() },
];

describe('while the Redis of its store', needsRedis(), () => {
  test.each(faults)(
    '$name, a consumer pauses and says so; then it goes on, nothing lost, nothing twice',
    async ({ start }) => {
      const shop = await startRedisShop();
      await shop.publish(300);
      await until(() => shop.effects > 20);
      await start(shop.proxy);
      await shop.publish(50);
      await until(() => shop.status === 'degraded');
      const paused = shop.effects;
      await setTimeout(2 * lease);
      expect(shop.status).toBe('degraded');
      expect(shop.effects).toBeLessThan(350);
      // What was claimed before runs on; nothing is claimed meanwhile.
      expect(shop.effects - paused).toBeLessThanOrEqual(32);
      await shop.proxy.heal();
      await until(() => shop.status === 'ready');
      await shop.publish(50);
      expect(await shop.settled({ within: 30_000 })).toEqual(nothingWrong);
      expect(shop.effects).toBe(400);
      expect(shop.ackedTooEarly).toEqual([]);
    },
  );

  test('is cut off by a storm of resets, a consumer loses nothing and does nothing twice', async () => {
    const shop = await startRedisShop();
    const random = seeded(3);
    await shop.publish(300);
    await until(() => shop.effects > 20);
    let broken = 0;
    for (let storm = 0; storm < 30; storm += 1) {
      broken += shop.proxy.reset();
      await setTimeout(random() * 100);
    }
    expect(broken).toBeGreaterThan(1);
    await shop.publish(100);
    expect(await shop.settled({ within: 30_000 })).toEqual(nothingWrong);
    expect(shop.effects).toBe(400);
    expect(shop.ackedTooEarly).toEqual([]);
  });
});
