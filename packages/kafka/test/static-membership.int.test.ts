import { memoryStore } from '@millrace/core';
import { expect, it } from 'vitest';
import type { ConsumeOptions, Consuming } from './support/consume.ts';
import { consume, consumerOf, numbers } from './support/consume.ts';
import type { Bench } from './support/broker.ts';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { startProcess } from './support/process.ts';
import { until } from './support/until.ts';

const quick = { sessionTimeout: 6_000, heartbeatInterval: 200, rebalanceTimeout: 10_000 };

/** Those of a group, by the partitions that they have. */
async function membersOf(bench: Bench): Promise<number> {
  const { groups } = await bench.admin.describeGroups([bench.group]);
  return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
}

describeClients('static membership', (library) => {
  if (!library.connect(['127.0.0.1:1']).supports.staticMembership) {
    it('is refused by a client that has it not', async () => {
      const bench = await openBench(library);
      expect(() => consumerOf(bench, { topics: 'orders', instanceId: 'a' })).toThrow(
        expect.objectContaining({ code: 'KAFKA_UNSUPPORTED' }),
      );
    });
    return;
  }

  async function two(options: Partial<ConsumeOptions>) {
    const bench = await openBench(library);
    const topic = await bench.topic(4);
    const store = memoryStore();
    const join = (more: Partial<ConsumeOptions> = {}) =>
      consume(bench, { topics: topic, ...quick, ...more }, { store });
    const stays = await join();
    const restarts = await join(options);
    await until(async () => (await membersOf(bench)) === 2 && assigned(stays) + assigned(restarts) === 4);
    return { bench, topic, join, stays, restarts };
  }

  it.each([
    ['with one, a restart divides nothing anew and loses nothing', 'a', 0],
    ['without one, a restart divides the partitions twice', undefined, 2],
  ])('%s', async (_, instanceId, divisions) => {
    const { bench, topic, join, stays, restarts } = await two(instanceId === undefined ? {} : { instanceId });
    const sendAll = async (from: number, to: number) => {
      for (const partition of numbers(0, 3)) await bench.send(topic, partition, numbers(from, to));
    };
    await sendAll(1, 20);
    await until(() => stays.messages.length + restarts.messages.length === 80);
    const before = Number(stays.details()?.['divisions']);

    await restarts.stop();
    await sendAll(21, 40);
    const again = await join(instanceId === undefined ? {} : { instanceId });
    await until(() => stays.messages.length + restarts.messages.length + again.messages.length === 160);

    expect(Number(stays.details()?.['divisions']) - before).toBe(divisions);
    const handled = [stays, restarts, again].flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(new Set(handled).size).toBe(160);
    expect(handled).toHaveLength(160);
    await Promise.all([stays.stop(), again.stop()]);
    expect(await bench.committed(topic)).toEqual([40, 40, 40, 40]);
  });

  it('of one instance two can not be: the first one ends, and says why', async () => {
    const { bench, topic, join, stays, restarts } = await two({ instanceId: 'a' });
    const usurper = await join({ instanceId: 'a' });
    await until(() => restarts.status() === 'failed');
    expect(restarts.reason()?.message).toMatch(/KAFKA_INSTANCE_FENCED|joined as instance "a"/);
    for (const partition of numbers(0, 3)) await bench.send(topic, partition, numbers(1, 10));
    await until(() => stays.messages.length + usurper.messages.length === 40);
    expect(usurper.status()).toBe('ready');
    expect(restarts.messages).toEqual([]);
  });

  it('that is not taken up again within the session goes to the others', async () => {
    const { bench, topic, stays, restarts } = await two({ instanceId: 'a', sessionTimeout: 1_500 });
    await restarts.stop();
    for (const partition of numbers(0, 3)) await bench.send(topic, partition, numbers(1, 10));
    await until(() => stays.messages.length === 40);
    expect(assigned(stays)).toBe(4);
  });
});

function assigned(member: Consuming): number {
  return Object.keys(member.details()?.['partitions'] ?? {}).length;
}
