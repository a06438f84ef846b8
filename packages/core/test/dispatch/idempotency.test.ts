import { describe, expect, test } from 'vitest';

import type { ConsumerOptions } from '../../src/consumer-settings.ts';
import type { HandlerContext } from '../../src/handler-context.ts';
import type { PlainOptions } from '../../src/handler.ts';
import type { IdempotencyStore } from '../../src/ports/idempotency-store.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import { openStore } from '../stores/support/open-store.ts';
import { bench } from '../support/bench.ts';
import { heldHandler } from '../support/held-handler.ts';
import type { ManualClock } from '../support/manual-clock.ts';
import { manualClock } from '../support/manual-clock.ts';
import { scriptedSource } from '../support/scripted-source.ts';

/** No multiple of the 5 s after which a busy event is looked at again at the latest. */
const lease = 32_000;

const stores: readonly (readonly [string, (clock: ManualClock) => Store])[] = [
  ['memory', (clock) => memoryStore({ clock })],
  ['SQLite', (clock) => openStore({ clock, durability: 'normal' })],
];

describe.each(stores)('with claims in %s', (_, openFor) => {
  /** Two consumers of one name, as two processes have them: each with its own source, on one store. */
  async function pair(clock: ManualClock = manualClock()) {
    const store = openFor(clock);
    const worker = async () => {
      const source = scriptedSource({ clock });
      const set = bench(source, { clock, store });
      const held = heldHandler();
      set.consumer.on('Ping', { name: 'ping' }, held.handle);
      await set.consumer.start();
      return { ...set, source, held };
    };
    return { clock, store, one: await worker(), other: await worker() };
  }

  async function recording(options: PlainOptions = {}, idempotency: ConsumerOptions['idempotency'] = {}) {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const set = bench(source, { clock, store: openFor(clock), idempotency });
    const runs: { readonly id: string; readonly context: HandlerContext }[] = [];
    set.consumer.on('Ping', { name: 'ping', ...options }, ({ id }, context) => {
      runs.push({ id, context });
    });
    await set.consumer.start();
    return { ...set, source, runs };
  }

  describe('an event takes effect once, and every copy of it is acknowledged', () => {
    test('when two copies come in one batch', async () => {
      const { source, clock, runs } = await recording();
      source.send({ id: 'e1' }, { id: 'e1' });
      await clock.advance(5_000);
      expect(runs).toHaveLength(1);
      expect(source.settledAs('done')).toEqual(['e1', 'e1']);
    });

    test('when a copy comes later', async () => {
      const { source, idle, runs } = await recording();
      source.send({ id: 'e1' });
      await idle();
      source.send({ id: 'e1' });
      await idle();
      expect(runs).toHaveLength(1);
      expect(source.settledAs('done')).toEqual(['e1', 'e1']);
    });

    test('when a copy reaches another consumer meanwhile', async () => {
      const { clock, one, other } = await pair();
      one.source.send({ id: 'e1' });
      await clock.advance(0);
      other.source.send({ id: 'e1' });
      await clock.advance(0);
      expect(other.held.started).toEqual([]);
      expect(other.source.settlements).toMatchObject([
        { outcome: 'retry', delay: 5_000, cause: { code: 'EVENT_BUSY' } },
      ]);
      one.held.finishAll();
      await clock.advance(5_000);
      expect(other.held.started).toEqual([]);
      expect(one.source.settledAs('done')).toEqual(['e1']);
      expect(other.source.settledAs('done')).toEqual(['e1']);
    });

    test('when the consumer was restarted in between', async () => {
      const { source, clock, store, consumer, runs, idle } = await recording();
      source.send({ id: 'e1' });
      await idle();
      await consumer.stop();
      const again = scriptedSource({ clock });
      const second = bench(again, { clock, store });
      second.consumer.on('Ping', { name: 'ping' }, ({ id }, context) => void runs.push({ id, context }));
      await second.consumer.start();
      again.send({ id: 'e1' });
      await idle();
      expect(runs).toHaveLength(1);
      expect(again.settledAs('done')).toEqual(['e1']);
    });

    test('when two events with ids of their own have one idempotency key', async () => {
      const { source, idle, runs } = await recording({
        idempotencyKey: ({ data }) => (data as { readonly order: string }).order,
      });
      source.send({ id: 'x', data: { order: 'o1' } });
      await idle();
      source.send({ id: 'y', data: { order: 'o1' } }, { id: 'z', data: { order: 'o2' } });
      await idle();
      expect(runs.map(({ id }) => id)).toEqual(['x', 'z']);
      expect(source.settledAs('done')).toHaveLength(3);
    });
  });

  test('"done" is forgotten after the retention, and not before', async () => {
    const { source, clock, runs, idle } = await recording({}, { retention: 100_000 });
    source.send({ id: 'e1' });
    await clock.advance(99_999);
    source.send({ id: 'e1' });
    await idle();
    expect(runs).toHaveLength(1);
    await clock.advance(1);
    source.send({ id: 'e1' });
    await idle();
    expect(runs).toHaveLength(2);
  });

  test('names with slashes do not make two handlers share a key', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { consumer, idle } = bench(source, { clock, store: openFor(clock) });
    const runs: string[] = [];
    consumer.on('Ping', { name: 'a/b' }, ({ id }) => void runs.push(`a/b ${id}`));
    consumer.on('Pong', { name: 'a' }, ({ id }) => void runs.push(`a ${id}`));
    await consumer.start();
    source.send({ type: 'Ping', id: 'c' });
    await idle();
    source.send({ type: 'Pong', id: 'b/c' });
    await idle();
    expect(runs).toEqual(['a/b c', 'a b/c']);
  });

  test('a handler is told its key and its fence, to make the effect conditional on', async () => {
    const { source, idle, runs } = await recording();
    source.send({ id: 'e1' });
    await idle();
    expect(runs[0]?.context).toMatchObject({
      idempotencyKey: 'billing/ping/e1',
      fence: 1,
      attempt: 1,
      redelivered: false,
    });
  });

  test('an event that the broker delivered before may have had an effect, though the store knows nothing of it', async () => {
    const { source, idle, runs } = await recording();
    source.send({ id: 'e1', deliveryCount: 2 });
    await idle();
    expect(runs[0]?.context).toMatchObject({ attempt: 1, redelivered: true });
  });

  describe('an event that is busy elsewhere', () => {
    test('comes again without its attempts being raised, until its owner is done', async () => {
      const { clock, one, other } = await pair();
      one.source.send({ id: 'e1' });
      await clock.advance(0);
      other.source.send({ id: 'e1' });
      await clock.advance(60_000);
      expect(other.source.settledAs('retry').length).toBeGreaterThan(10);
      one.held.run('e1').fail(new Error('no'));
      await clock.advance(5_000);
      const winner = [one, other].flatMap(({ held }) => [...held.running])[0];
      expect(winner?.context).toMatchObject({ attempt: 2, redelivered: true });
      expect((await one.consumer.deadLetters.list()).letters).toEqual([]);
    });

    test('waits in place where the broker can not wait', async () => {
      const clock = manualClock();
      const source = scriptedSource({ clock, capabilities: { redelivery: 'none' } });
      const { consumer, store } = bench(source, { clock, store: openFor(clock) });
      const held = heldHandler();
      consumer.on('Ping', { name: 'ping' }, held.handle);
      await consumer.start();
      const [verdict] = await store.idempotency.claimMany([{ key: 'billing/ping/e1' }], {
        owner: 'other',
        lease: 12_000,
      });
      source.send({ id: 'e1' });
      await clock.advance(11_999);
      expect(held.started).toEqual([]);
      expect(source.settlements).toEqual([]);
      if (verdict?.status !== 'claimed') throw new Error('The claim was not won.');
      await store.idempotency.completeMany(
        [{ key: 'billing/ping/e1', owner: 'other', fence: verdict.fence }],
        {
          retention: 1_000_000,
        },
      );
      await clock.advance(5_000);
      expect(held.started).toEqual([]);
      expect(source.settledAs('done')).toEqual(['e1']);
    });

    test('and waits in place, is looked at again soon, and later less and less often', async () => {
      const clock = manualClock();
      const source = scriptedSource({ clock, capabilities: { redelivery: 'none' } });
      const { consumer, store, faults } = bench(source, { clock, store: openFor(clock) });
      consumer.on('Ping', { name: 'ping' }, () => {});
      await consumer.start();
      await store.idempotency.claimMany([{ key: 'billing/ping/e1' }], { owner: 'other', lease: 30_000 });
      source.send({ id: 'e1' });
      const looks = () => faults.idempotency.calls.filter(({ name }) => name === 'claimMany').length;
      const times: number[] = [];
      for (let at = 0; at < 12_000; at += 50) {
        await clock.advance(50);
        while (times.length < looks() - 1) times.push(at + 50);
      }
      expect(times).toEqual([50, 150, 350, 750, 1_550, 3_150, 6_350, 11_350]);
    });

    test('is taken over when its owner has died: the next run knows that an earlier one may have had an effect', async () => {
      const { source, clock, store, runs } = await recording();
      await store.idempotency.claimMany([{ key: 'billing/ping/e1' }], { owner: 'dead process', lease });
      source.send({ id: 'e1' });
      await clock.advance(lease - 1);
      expect(runs).toEqual([]);
      await clock.advance(1);
      expect(runs).toHaveLength(1);
      expect(runs[0]?.context).toMatchObject({ attempt: 2, redelivered: true, fence: 2 });
      expect(source.settledAs('done')).toEqual(['e1']);
    });
  });

  describe('with a fingerprint', () => {
    const fingerprint = { fingerprint: ({ data }: { readonly data: unknown }) => JSON.stringify(data) };

    test('an event with a known key and another payload is dead-lettered as a mismatch', async () => {
      const { source, idle, consumer, runs } = await recording({}, fingerprint);
      source.send({ id: 'e1', data: 1 });
      await idle();
      source.send({ id: 'e1', data: 2 });
      await idle();
      expect(runs).toHaveLength(1);
      expect(source.settledAs('dead')).toEqual(['e1']);
      expect((await consumer.deadLetters.list()).letters).toMatchObject([
        { reason: 'mismatch', handler: 'ping', error: { code: 'PAYLOAD_MISMATCH' }, message: { data: 2 } },
      ]);
    });

    test('one with the same payload is a duplicate as ever', async () => {
      const { source, idle, runs } = await recording({}, fingerprint);
      source.send({ id: 'e1', data: 1 });
      await idle();
      source.send({ id: 'e1', data: 1 });
      await idle();
      expect(runs).toHaveLength(1);
      expect(source.settledAs('done')).toEqual(['e1', 'e1']);
    });
  });
});

describe('an event of which the store can not tell, while it answers for others', () => {
  const undecided = (clock: ManualClock) => {
    const store = memoryStore({ clock });
    const { claimMany } = store.idempotency;
    const doubtful = new Set(['billing/ping/e1']);
    const idempotency: IdempotencyStore = {
      ...store.idempotency,
      async claimMany(requests, options) {
        const verdicts = await claimMany(
          requests.filter(({ key }) => !doubtful.has(key)),
          options,
        );
        const decided = [...verdicts];
        return requests.map(
          ({ key }) => (doubtful.has(key) ? undefined : decided.shift()) ?? { status: 'unavailable' },
        );
      },
    };
    return { store: { ...store, idempotency }, doubtful };
  };

  test('comes again later, and the source is degraded until the store can tell', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { store, doubtful } = undecided(clock);
    const { consumer, idle } = bench(source, { clock, store });
    const runs: string[] = [];
    consumer.on('Ping', { name: 'ping' }, ({ id }) => void runs.push(id));
    await consumer.start();
    source.send({ id: 'e1' }, { id: 'e2' });
    await idle();
    expect(runs).toEqual(['e2']);
    expect(source.settlements).toContainEqual(
      expect.objectContaining({
        outcome: 'retry',
        cause: expect.objectContaining({ code: 'STORE_UNAVAILABLE' }) as Error,
      }),
    );
    expect(consumer.health().status).toBe('degraded');
    doubtful.clear();
    await clock.advance(5_000);
    expect(runs).toEqual(['e2', 'e1']);
    expect(consumer.health().status).toBe('ready');
  });

  test('is handled all the same by a consumer that processes, not silently', async () => {
    const clock = manualClock();
    const source = scriptedSource({ clock });
    const { store } = undecided(clock);
    const { consumer, idle } = bench(source, { clock, store, idempotency: { onUnavailable: 'process' } });
    const runs: string[] = [];
    consumer.on('Ping', { name: 'ping' }, ({ id }) => void runs.push(id));
    await consumer.start();
    source.send({ id: 'e1' }, { id: 'e2' });
    await idle();
    expect(runs).toEqual(['e1', 'e2']);
    expect(consumer.health()).toMatchObject({
      status: 'degraded',
      sources: { orders: { reason: { code: 'STORE_UNAVAILABLE' } } },
    });
  });
});
