import { writeSync } from 'node:fs';

import type { Demand, Incoming, Source } from '../../../src/index.ts';
import { createConsumer, memoryStore, silentLogger, toPosition } from '../../../src/index.ts';
import { logCapabilities, queueCapabilities } from '../../support/capabilities.ts';

/** Handles many messages and prints the heap in use after some of them and after all, then what still keeps the process alive. */
const [kind = '', first = '', all = ''] = process.argv.slice(2);
const say = (value: unknown) => void writeSync(1, `${JSON.stringify(value)}\n`);
const isLog = kind === 'log';
const reached = Promise.withResolvers<void>();
let received = 0;

/** Each with a type, and every other one with a key, that was not there before. */
function event(index: number): Incoming {
  return {
    id: `event-${index}`,
    type: `Ping.${index}`,
    data: { index },
    headers: {},
    raw: '{}',
    key: index % 2 === 0 ? `key-${index}` : undefined,
    position: isLog ? toPosition(String(index)) : undefined,
  };
}

const source: Source = {
  name: 'orders',
  capabilities: isLog ? logCapabilities : { ...queueCapabilities, deliveryCount: 'none', order: 'perKey' },
  settings: isLog ? { start: 'earliest' } : {},
  async open({ signal, fetched }) {
    return {
      async *receive(demand: Demand) {
        while (!signal.aborted && received < Number(all)) {
          const room = await demand.reserve(10);
          if (room === 0) return;
          fetched();
          yield Array.from({ length: room }, (_, offset) => event(received + offset));
          received += room;
          if (received >= Number(first)) await atFirst();
          // As a broker that is elsewhere: timers and what is due in them get their turn.
          await new Promise((resolve) => setImmediate(resolve));
        }
        reached.resolve();
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
      async settle() {},
      async close() {},
    };
  },
};

let measured = false;
async function atFirst(): Promise<void> {
  if (measured) return;
  measured = true;
  await measure();
}

async function measure(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let times = 0; times < 3; times += 1) globalThis.gc?.();
  say(process.memoryUsage().heapUsed);
}

const consumer = createConsumer({
  name: 'billing',
  sources: [source],
  store: memoryStore(),
  // "Done" is kept for its retention, so for the heap not to grow it has to be short.
  idempotency: { retention: 1 },
  retry: { attempts: 2, delay: 1, where: 'in-place' },
  log: silentLogger,
});
// One in a hundred fails at first.
consumer.on('Ping.*', { name: 'ping' }, ({ data }, { attempt }) => {
  const { index } = data as { readonly index: number };
  if (index % 100 === 0 && attempt === 1) throw new Error('no');
});
await consumer.start();
await reached.promise;
await consumer.idle();
await measure();
await consumer.stop();
say({ received, timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length });
