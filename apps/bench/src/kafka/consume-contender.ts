import type { Contender } from '../measure/contender.ts';
import type { Broker } from './broker.ts';
import { startConsumer } from './consumer-client.ts';
import type { ConsumerName } from './consumers.ts';

/** Consumes a topic in a process of its own. All contenders read the same one, each time as a new group. */
export function consumeContender(broker: Broker, name: string, consumer: ConsumerName): Contender {
  const client = startConsumer(consumer);
  let trials = 0;
  return {
    name,
    async prepare(messages) {
      const topic = await broker.filledTopic(messages);
      trials += 1;
      const group = `${consumer}-${trials}`;
      return {
        async run(stopwatch) {
          stopwatch.take(await client.ask('consume', { brokers: broker.brokers, topic, group, messages }));
        },
        async finish() {
          await client.ask('stop');
          assertAll('committed by the group', await broker.committed(group, topic), messages);
        },
      };
    },
    close: () => client.close(),
  };
}

/** Throws when the broker knows of more or fewer records. */
export function assertAll(what: string, count: number, messages: number): void {
  if (count !== messages) throw new Error(`To the broker, ${count} of ${messages} records are ${what}.`);
}
