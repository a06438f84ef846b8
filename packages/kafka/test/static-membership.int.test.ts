import { memoryStore } from '@millrace/core';
import { describe, expect, inject, it } from 'vitest';
import { needsKafka } from '../../../scripts/servers/needs-kafka.ts';
import type { ConsumeOptions, Consuming } from './support/consume.ts';
import { consume, numbers } from './support/consume.ts';
import type { Bench } from './support/broker.ts';
import { openBench } from './support/broker.ts';
import { clientUnderTest, needsNodeOf } from './support/clients.ts';
import { startProcess } from './support/process.ts';
import { until } from './support/until.ts';

const quick = { sessionTimeout: 6_000, heartbeatInterval: 200, rebalanceTimeout: 10_000 };

/** Those of a group, by the partitions that they have. */
async function membersOf(bench: Bench): Promise<number> {
  const { groups } = await bench.admin.describeGroups([bench.group]);
  return groups[0]?.state === 'Stable' ? groups[0].members.length : 0;
}

const library = clientUnderTest('platformatic');

describe('static membership', { ...needsKafka(), ...needsNodeOf('platformatic') }, () => {
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
    ['with an instance nothing is divided anew', 'a', false],
    ['without one it is', undefined, true],
  ])('a restart loses nothing; %s', async (_, instanceId, isDivided) => {
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

    expect(Number(stays.details()?.['divisions']) > before).toBe(isDivided);
    const handled = [stays, restarts, again].flatMap(({ messages }) => messages.map(({ id }) => id));
    expect(new Set(handled).size).toBe(160);
    expect(handled).toHaveLength(160);
    // A partition that moved is gone through again from its marker, by who has it now.
    await until(async () => (await bench.committed(topic)).join() === '40,40,40,40');
  });

  it('a member that is killed takes up its partitions where it left them, and nobody else notices', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(2);
    const stays = await consume(bench, { topics: topic, ...quick });
    const [broker = ''] = inject('kafka').brokers;
    const start = () => startProcess(library.name, broker, topic, bench.group, '0', '30000', 'a');
    const killed = start();
    await until(async () => (await membersOf(bench)) === 2 && assigned(stays) === 1);
    const divisions = stays.details()?.['divisions'];
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(1, 50));
    await until(() => killed.handled.length === 50 && stays.messages.length === 50);
    await killed.end('SIGKILL');
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(51, 100));
    const again = start();
    await until(() => stays.messages.length === 100);
    await until(async () => (await bench.committed(topic)).join() === '100,100');
    expect(await again.end('SIGTERM')).toBe(0);

    expect(stays.details()?.['divisions']).toBe(divisions);
    const values = new Set([...killed.handled, ...again.handled].map(({ value }) => value));
    expect([...values].toSorted((a, b) => a - b)).toEqual(numbers(1, 100));
  }, 60_000);

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
