import { expect, inject, it } from 'vitest';
import type { Bench } from './support/broker.ts';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { numbers } from './support/consume.ts';
import type { ConsumerProcess } from './support/process.ts';
import { startProcess } from './support/process.ts';
import { until } from './support/until.ts';

function start(bench: Bench, topic: string, delay = 0): ConsumerProcess {
  const [broker = ''] = inject('kafka').brokers;
  return startProcess(bench.library.name, broker, topic, bench.group, String(delay));
}

/** In each partition what each process handled is in order, and together they left out nothing. */
function check(processes: readonly ConsumerProcess[], topic: string, partitions: number, last: number): void {
  for (let partition = 0; partition < partitions; partition += 1) {
    const channel = `${topic}[${partition}]`;
    const seen = new Set<number>();
    for (const { handled } of processes) {
      const values = handled.filter((it) => it.channel === channel).map(({ value }) => value);
      for (const value of values) seen.add(value);
    }
    expect(
      [...seen].sort((a, b) => a - b),
      channel,
    ).toEqual(numbers(1, last));
  }
}

const seenBy = (...processes: readonly ConsumerProcess[]) =>
  new Set(processes.flatMap(({ handled }) => handled.map(({ channel, value }) => `${channel} ${value}`)));

describeClients('processes of a group', (library) => {
  it('lose nothing when one is killed: what is committed never exceeds what was handled', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(2);
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(1, 300));
    const killed = start(bench, topic, 2);
    await until(() => killed.handled.length > 60);
    expect(await killed.end('SIGKILL')).toBe('SIGKILL');

    const committed = await bench.committed(topic);
    for (const [partition, offset] of committed.entries()) {
      const channel = `${topic}[${partition}]`;
      const done = killed.handled.filter((it) => it.channel === channel).map(({ value }) => value);
      expect(done, channel).toEqual(numbers(1, done.length));
      expect(offset, channel).toBeLessThanOrEqual(done.length);
    }
    const after = start(bench, topic);
    await until(() => seenBy(killed, after).size === 600);
    expect(await after.end('SIGTERM')).toBe(0);
    check([killed, after], topic, 2, 300);
    expect(await bench.committed(topic)).toEqual([300, 300]);
  }, 60_000);

  it('lose nothing when one is frozen for longer than its session, and it goes on with what it is given then', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(2);
    const frozen = start(bench, topic, 2);
    const other = start(bench, topic, 2);
    // Who comes first would be through before the other is there.
    await until(async () => {
      const { groups } = await bench.admin.describeGroups([bench.group]);
      return groups[0]?.state === 'Stable' && groups[0].members.length === 2;
    });
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(1, 400));
    await until(() => frozen.handled.length > 30 && other.handled.length > 30);
    frozen.signal('SIGSTOP');
    await until(() => seenBy(other, frozen).size === 800);
    const handled = other.handled.length;
    frozen.signal('SIGCONT');
    for (const partition of [0, 1]) await bench.send(topic, partition, numbers(401, 500));
    await until(() => seenBy(other, frozen).size === 1_000);
    // A partition that moved is gone through again from its marker, by who has it now.
    await until(async () => (await bench.committed(topic)).join() === '500,500');
    expect(handled).toBeLessThan(1_000);
    expect(await frozen.end('SIGTERM')).toBe(0);
    expect(await other.end('SIGTERM')).toBe(0);
    check([frozen, other], topic, 2, 500);
    expect(await bench.committed(topic)).toEqual([500, 500]);
  }, 60_000);
});
