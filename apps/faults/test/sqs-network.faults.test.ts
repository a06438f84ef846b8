import { setTimeout } from 'node:timers/promises';
import type { TcpProxy } from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { nothingWrong } from './support/audit.ts';
import { seeded } from './support/seeded.ts';
import { startSqsShop } from './support/sqs-shop.ts';
import { until } from './support/until.ts';

/** How long what is not a single blow lasts, in milliseconds. */
const lasting = 3_000;

interface Fault {
  readonly name: string;
  /** Sets the fault, and resolves when it is over but for the healing. */
  readonly inject: (proxy: TcpProxy) => Promise<void>;
  /** Nothing can be fetched meanwhile, so the source has to say so. */
  readonly visible: boolean;
}

const faults: readonly Fault[] = [
  {
    name: 'latency of 200 ms and up to 200 more',
    async inject(proxy) {
      proxy.latency({ milliseconds: 200, jitter: 200 });
      await setTimeout(lasting);
    },
    visible: false,
  },
  {
    name: 'a black hole of 3 s',
    async inject(proxy) {
      proxy.blackHole();
      await setTimeout(lasting);
    },
    visible: true,
  },
  {
    name: 'answers in a black hole of 3 s, after requests that arrived',
    async inject(proxy) {
      proxy.blackHole({ direction: 'to-client' });
      await setTimeout(lasting);
    },
    visible: true,
  },
  {
    name: 'a storm of resets',
    async inject(proxy) {
      const random = seeded(3);
      let broken = 0;
      for (let storm = 0; storm < 30; storm += 1) {
        broken += proxy.reset();
        await setTimeout(random() * 100);
      }
      expect(broken).toBeGreaterThan(0);
    },
    visible: true,
  },
  {
    name: 'answers that are cut mid-frame',
    async inject(proxy) {
      proxy.cut({ after: 400, times: 20, direction: 'to-client' });
      await setTimeout(lasting);
    },
    visible: true,
  },
  {
    name: 'requests that are cut mid-frame',
    async inject(proxy) {
      proxy.cut({ after: 400, times: 20, direction: 'to-target' });
      await setTimeout(lasting);
    },
    visible: true,
  },
  {
    name: 'frames in slices of up to 64 bytes',
    async inject(proxy) {
      proxy.slice({ size: 64 });
      await setTimeout(lasting);
    },
    visible: false,
  },
  {
    name: 'a server that is gone for 3 s',
    async inject(proxy) {
      await proxy.refuse();
      await setTimeout(lasting);
    },
    visible: true,
  },
];

describe('between an SQS consumer and its queue', () => {
  test.each(faults)('$name: nothing lost, each effect once, and on it goes', async ({ inject, visible }) => {
    const shop = await startSqsShop();
    shop.publish(300);
    await until(() => shop.effects > 20);
    const before = shop.effects;
    expect(before).toBeLessThan(300);
    const faulty = inject(shop.proxy);
    shop.publish(50);
    await faulty;
    await shop.proxy.heal();
    shop.publish(50);
    expect(await shop.settled({ within: 30_000 })).toEqual(nothingWrong);
    expect(shop.effects).toBe(400);
    expect(shop.health.includes('degraded')).toBe(visible);
  });
});
