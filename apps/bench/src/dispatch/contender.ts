import { setTimeout } from 'node:timers/promises';

import type { Contender } from '../measure/contender.ts';
import type { Tally } from '../measure/tally.ts';
import { createTally } from '../measure/tally.ts';
import type { Feed } from './feed.ts';
import type { MemoryQueue } from './memory-queue.ts';
import { createMemoryQueue } from './memory-queue.ts';

/** Connects a handler to the queue, which is empty yet. `stop` is called when the queue is closed. */
export type StartConsuming<Item> = (
  queue: MemoryQueue<Item>,
  handled: (number: number) => void,
) => Promise<{ stop(): Promise<void> }>;

/** Milliseconds at least between two rounds of a contender. */
export const roundPause = 10;

/**
 * Consumes a memory queue: measured from its filling until the last message is settled. Consumers and messages live
 * through all rounds: neither the compiler nor the garbage collector has to begin anew, as it is in a service.
 */
export function dispatchContender<Item>(
  name: string,
  feed: Feed<Item>,
  start: StartConsuming<Item>,
): Contender {
  let tally: Tally | undefined;
  let backlog: readonly Item[] = [];
  const queue = createMemoryQueue<Item>((item) => tally?.settled(feed.numberOf(item)));
  const starting = start(queue, (number) => tally?.handled(number));

  return {
    name,
    async prepare(messages) {
      await starting;
      await setTimeout(roundPause);
      if (backlog.length !== messages) {
        backlog = Array.from({ length: messages }, (_, number) => feed.create(number));
      }
      const counted = (tally = createTally(messages));
      return {
        async run(stopwatch) {
          stopwatch.start();
          queue.fill(backlog);
          await counted.complete;
          stopwatch.stop();
        },
        async finish() {
          counted.check();
        },
      };
    },
    async close() {
      const consuming = await starting;
      queue.close();
      await consuming.stop();
    },
  };
}
