import type { Contender } from '../measure/contender.ts';
import type { Broker } from './broker.ts';
import { assertAll } from './consume-contender.ts';
import { startSender } from './sender-client.ts';
import type { SenderName } from './senders.ts';
import type { WayName } from './ways.ts';

/** Publishes from a process of its own. All contenders publish to the same topic. */
export function produceContender(broker: Broker, name: string, sender: SenderName, way: WayName): Contender {
  const client = startSender(sender);
  return {
    name,
    async prepare(messages) {
      const topic = await broker.growingTopic();
      const before = await broker.size(topic);
      return {
        async run(stopwatch) {
          stopwatch.take(await client.ask('produce', { brokers: broker.brokers, topic, way, messages }));
        },
        async finish() {
          await client.ask('stop');
          assertAll('in the topic', (await broker.size(topic)) - before, messages);
        },
      };
    },
    close: () => client.close(),
  };
}
