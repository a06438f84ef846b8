import type { Contender } from '../measure/contender.ts';
import { createTally } from '../measure/tally.ts';
import type { Guard, Guarded } from './guard.ts';

const batchesInFlight = 5;

/**
 * Guards messages that lie in memory, five batches at a time, by direct calls: neither core nor a broker is in the
 * way of any contender. Every trial has new keys; what earlier ones left behind stays in the store, as in a service.
 */
export function idempotencyContender(name: string, size: number, open: () => Promise<Guard>): Contender {
  const opening = open();
  let trials = 0;
  return {
    name,
    async prepare(messages) {
      const guard = await opening;
      trials += 1;
      const trial = trials;
      const backlog = Array.from({ length: messages }, (_, number) => ({
        key: `bench/orders/${trial}-${number}`,
        number,
      }));
      const tally = createTally(messages);
      const handler = async ({ number }: Guarded) => tally.handled(number);
      let next = 0;

      async function work(): Promise<void> {
        while (next < messages) {
          const batch = backlog.slice(next, next + size);
          next += size;
          for (const { number } of await guard.handle(batch, handler)) tally.settled(number);
        }
      }

      return {
        async run(stopwatch) {
          stopwatch.start();
          await Promise.all(Array.from({ length: batchesInFlight }, work));
          // Without effect when all are settled.
          tally.fail('They were not claimed, or not completed.');
          await tally.complete;
          stopwatch.stop();
        },
        async finish() {
          tally.check();
        },
      };
    },
    async close() {
      await (await opening).close();
    },
  };
}
