import { expect, it } from 'vitest';
import { openBench } from './support/broker.ts';
import { describeClients } from './support/clients.ts';
import { consume, numbers } from './support/consume.ts';
import { until } from './support/until.ts';

describeClients('a source of a topic', (library) => {
  it('brings what is there and what comes, in the order of its partitions, and commits what is handled', async () => {
    const bench = await openBench(library);
    const topic = await bench.topic(3);
    for (const partition of [0, 1, 2]) await bench.send(topic, partition, numbers(1, 50));
    const first = await consume(bench, { topics: topic });
    await until(() => first.messages.length === 150);
    await bench.send(topic, 1, numbers(51, 60));
    await until(() => first.messages.length === 160);
    for (const partition of [0, 1, 2]) {
      const ofPartition = first.messages.filter(({ channel }) => channel === `${topic}[${partition}]`);
      expect(ofPartition.map(({ data }) => data)).toEqual(numbers(1, partition === 1 ? 60 : 50));
    }
    await first.stop();
    expect(await bench.committed(topic)).toEqual([50, 60, 50]);

    const second = await consume(bench, { topics: topic });
    await bench.send(topic, 2, [51]);
    await until(() => second.messages.length === 1);
    await second.stop();
    expect(second.values).toEqual([51]);
    expect(await bench.committed(topic)).toEqual([50, 60, 51]);
  });
});
