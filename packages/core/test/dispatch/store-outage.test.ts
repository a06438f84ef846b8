import { describe, expect, test } from 'vitest';

import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

async function started(onUnavailable?: 'pause' | 'process') {
  const clock = manualClock();
  const source = scriptedSource({ clock, settings: { concurrency: 2, prefetch: 2 } });
  const set = bench(source, { clock, idempotency: onUnavailable ? { onUnavailable } : {} });
  const held = heldHandler();
  set.consumer.on('Ping', { name: 'ping' }, held.handle);
  await set.consumer.start();
  return { ...set, source, held, health: () => set.consumer.health().sources['orders'] };
}

describe('while the idempotency store is down, a consumer that pauses', () => {
  test('holds what it received, takes in no more, says so, and goes on by itself', async () => {
    const { source, held, clock, faults, log, health } = await started();
    faults.idempotency.condition = 'down';
    source.send(...Array.from({ length: 10 }, () => ({})));
    await clock.advance(600_000);
    expect(held.started).toEqual([]);
    expect(source.backlog).toHaveLength(6);
    expect(source.settlements).toEqual([]);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/Nothing new is handled/) as string,
      },
      inFlight: 4,
    });
    // It could not be said once every second for ten minutes.
    expect(log.lines.filter(({ message }) => message === 'Source is degraded.')).toHaveLength(1);
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(held.started).toEqual(['m1', 'm2']);
    expect(held.run('m1').context).toMatchObject({ attempt: 1, redelivered: false });
    expect(health()).toMatchObject({ status: 'ready', reason: undefined });
  });

  test("keeps the broker's leases meanwhile", async () => {
    const { source, held, clock, faults } = await started();
    faults.idempotency.condition = 'down';
    source.send({ id: 'e1' });
    await clock.advance(120_000);
    expect(source.extended.length).toBeGreaterThanOrEqual(4);
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    held.finishAll();
    await clock.advance(0);
    expect(source.settlements).toMatchObject([{ incoming: { id: 'e1', deliveryCount: 1 }, outcome: 'done' }]);
  });

  test('gives back what it held when it stops', async () => {
    const { source, held, clock, faults, consumer } = await started();
    faults.idempotency.condition = 'down';
    source.send({ id: 'e1' }, { id: 'e2' });
    await clock.advance(10_000);
    await consumer.stop();
    expect(held.started).toEqual([]);
    expect(source.settledAs('release')).toEqual(['e1', 'e2']);
  });

  test('lets handlers that run go on', async () => {
    const { source, held, clock, faults } = await started();
    source.send({ id: 'e1' });
    await clock.advance(0);
    faults.idempotency.condition = 'down';
    await clock.advance(20_000);
    expect(held.run('e1').signal.aborted).toBe(false);
    held.finishAll();
    faults.idempotency.condition = 'up';
    await clock.advance(5_000);
    expect(source.settledAs('done')).toEqual(['e1']);
  });
});

describe('while the idempotency store is down, a consumer that processes', () => {
  test('goes on, says that events may take effect twice, and claims again when it can', async () => {
    const { source, held, clock, faults, health } = await started('process');
    faults.idempotency.condition = 'down';
    source.send({ id: 'e1', deliveryCount: 3 });
    await clock.advance(0);
    expect(held.run('e1').context).toMatchObject({ attempt: 3, fence: undefined });
    held.finishAll();
    await clock.advance(0);
    expect(source.settledAs('done')).toEqual(['e1']);
    expect(health()).toMatchObject({
      status: 'degraded',
      reason: {
        code: 'STORE_UNAVAILABLE',
        message: expect.stringMatching(/may take effect twice/) as string,
      },
    });
    source.send({ id: 'e1' });
    await clock.advance(0);
    expect(held.started).toEqual(['e1', 'e1']);
    held.finishAll();
    await clock.advance(0);

    faults.idempotency.condition = 'up';
    source.send({ id: 'e2' });
    await clock.advance(0);
    expect(held.run('e2').context.fence).toBe(1);
    expect(health()?.status).toBe('ready');
  });

  test('asks the store once for a batch, not once more for each message', async () => {
    const { source, held, clock, faults } = await started('process');
    let asked = 0;
    faults.idempotency.condition = 'down';
    faults.idempotency.onRefused = () => (asked += 1);
    source.send({}, {}, {}, {});
    await clock.advance(0);
    held.finishAll();
    await clock.advance(0);
    expect(held.started).toHaveLength(4);
    expect(asked).toBe(1);
  });

  test('still keeps the attempts of a retry bounded', async () => {
    const { source, held, clock, faults } = await started('process');
    faults.idempotency.condition = 'down';
    source.send({ id: 'e1', deliveryCount: 5 });
    await clock.advance(0);
    held.run('e1').fail(new Error('no'));
    await clock.advance(0);
    expect(source.settledAs('dead')).toEqual(['e1']);
  });
});
