import { describe, expect, it } from 'vitest';
import { until } from '../catch-up/support/until.ts';
import { groupBench } from './support/group-bench.ts';

const watchdog = { confirm: 200, stall: 20 };
const infos = 'PersistentSubscriptions.GetInfo';

describe('a server that lists a consumer and sends it nothing', () => {
  it('though there are events is found out', async () => {
    const { server, append, consume } = await groupBench();
    let handled = 0;
    const { consumer, details } = consume({ source: { watchdog }, handle: () => void (handled += 1) });
    append(1, 3);
    await consumer.start();
    await until(() => handled === 3);

    server.faults.stallGroups();
    append(4, 6);

    await until(() => handled === 6);
    // With a stall of milliseconds a busy machine may be doubted twice.
    expect(details()['resubscribed']).toBeGreaterThanOrEqual(1);
  });

  it('though it takes events for sent is found out', async () => {
    const { server, append, consume } = await groupBench();
    const seen = new Set<unknown>();
    const { consumer, details } = consume({
      source: { watchdog },
      handle: ({ data }) => void seen.add(JSON.stringify(data)),
    });
    await consumer.start();

    server.faults.silenceSubscriptions();
    append(1, 3);

    await until(() => seen.size === 3);
    // With a stall of milliseconds a busy machine may be doubted twice.
    expect(details()['resubscribed']).toBeGreaterThanOrEqual(1);
  });
});

describe('silence is no stall', () => {
  it('while another consumer gets all there is', async () => {
    const { server, append, consume } = await groupBench();
    const settings = { consumerStrategy: 'DispatchToSingle' } as const;
    const source = { watchdog, settings, bufferSize: 10 };
    const handled: [number, number] = [0, 0];
    const first = consume({ source, handle: () => void (handled[0] += 1) });
    const second = consume({ source, handle: () => void (handled[1] += 1), consumer: { name: 'other' } });
    await first.consumer.start();
    await second.consumer.start();
    const asked = server.counters.calls[infos] ?? 0;

    for (let n = 1; (server.counters.calls[infos] ?? 0) < asked + 10; n += 1) {
      append(n, n);
      await until(() => handled[0] + handled[1] === n);
    }

    expect(Math.min(...handled)).toBe(0);
    expect([first.details(), second.details()]).toMatchObject([{ resubscribed: 0 }, { resubscribed: 0 }]);
  });

  it('while handlers are slow and all buffers full', async () => {
    const { server, append, consume } = await groupBench();
    const blocked = Promise.withResolvers<void>();
    let handled = 0;
    const { consumer, details } = consume({
      source: { watchdog, concurrency: 2, prefetch: 2 },
      handle: async () => {
        await blocked.promise;
        handled += 1;
      },
    });
    append(1, 40);
    await consumer.start();
    const asked = server.counters.calls[infos] ?? 0;

    await until(() => (server.counters.calls[infos] ?? 0) > asked + 6);

    expect(details()).toMatchObject({ resubscribed: 0 });
    blocked.resolve();
    await until(() => handled === 40);
  });

  it('where all is done and the checkpoint behind', async () => {
    const { server, append, consume, info } = await groupBench();
    let handled = 0;
    const { consumer, details } = consume({ source: { watchdog }, handle: () => void (handled += 1) });
    append(1, 5);
    await consumer.start();
    await until(() => handled === 5);
    const asked = server.counters.calls[infos] ?? 0;

    await until(() => (server.counters.calls[infos] ?? 0) > asked + 6);

    const { stats } = await info();
    expect(stats.lastKnownEventRevision).toBe(4n);
    expect(stats.lastCheckpointedEventRevision).toBeUndefined();
    expect(details()).toMatchObject({ resubscribed: 0 });
  });
});
