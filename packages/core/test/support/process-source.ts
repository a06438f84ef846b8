import { once } from 'node:events';

import { whenAborted } from '../../src/clock.ts';
import type { Demand, Settlement, Source } from '../../src/source.ts';
import type { ToBroker, ToConsumer } from './broker-messages.ts';
import { queueCapabilities } from './capabilities.ts';

/** A queue whose broker is the process that started this one. */
export function processSource(): Source {
  return {
    name: 'orders',
    // It tells nothing of earlier deliveries, so what is known of them is from the store.
    capabilities: { ...queueCapabilities, deliveryCount: 'none' },
    settings: { concurrency: 4, prefetch: 8 },
    async open({ signal, fetched }) {
      return {
        async *receive(demand: Demand) {
          while (!signal.aborted) {
            const room = await demand.reserve(4);
            if (room === 0) return;
            const answered = once(process, 'message') as Promise<[ToConsumer]>;
            await tell({ want: room });
            const answer = await Promise.race([answered, whenAborted(signal)]);
            if (!answer) return;
            const [{ ids }] = answer;
            demand.cancel(room - ids.length);
            fetched();
            yield ids.map((id) => ({ id, type: 'Order', data: {}, headers: {}, raw: '{}' }));
          }
        },
        async settle(settlements: readonly Settlement[]) {
          await tell({
            settled: settlements.map((settlement) => ({
              id: settlement.incoming.id,
              outcome: settlement.outcome,
              delay: settlement.outcome === 'retry' ? settlement.delay : 0,
            })),
          });
        },
        async close() {
          if (process.connected) process.disconnect();
        },
      };
    },
  };
}

function tell(message: ToBroker): Promise<void> {
  return new Promise((resolve, reject) => {
    process.send?.(message, undefined, undefined, (error) => (error ? reject(error) : resolve()));
  });
}
