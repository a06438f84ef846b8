import { setTimeout } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { KafkaClient } from '../../src/index.ts';
import { kafkaPublisher } from '../../src/index.ts';
import { numbers } from './consume.ts';
import { numberedEvent } from './history.ts';

export interface Traffic {
  /** Goes on at full speed to the number that was asked for, if it is not reached yet. Answers how many were published. */
  finish(): Promise<number>;
}

/** Events a second, about, while there are disturbances: below what consumers can do, so that they catch up. */
const pace = { batch: 200, pause: 100 };

/** Publishes events with ascending numbers, each again with its id for as long as it takes, at least `count` in the end. */
export function startTraffic(client: KafkaClient, topic: string, count: number): Traffic {
  const publisher = kafkaPublisher({ client, topic });
  onTestFinished(() => publisher.close());
  const stopping = new AbortController();
  let published = 0;

  async function publish(size: number): Promise<void> {
    const events = numbers(published + 1, published + size).map(numberedEvent);
    for (let done = false; !done && !aborted.signal.aborted;) {
      done = await publisher.publishMany(events).then(
        () => true,
        () => setTimeout(200, false),
      );
    }
    published += size;
  }

  // A test that has failed waits for nobody.
  const aborted = new AbortController();
  onTestFinished(() => aborted.abort());

  const sending = (async () => {
    while (!stopping.signal.aborted && !aborted.signal.aborted) {
      await publish(pace.batch);
      // At a pace, so that there is always more to come while things go wrong.
      await setTimeout(pace.pause);
    }
  })();

  return {
    async finish() {
      stopping.abort();
      await sending;
      while (published < count) await publish(Math.min(1_000, count - published));
      return published;
    },
  };
}
