import { setTimeout } from 'node:timers/promises';
import type { HandlerContext, Message, Source, StoreParts } from '@millrace/core';
import { createConsumer, isMillraceError, silentLogger } from '@millrace/core';
import { sqliteStore } from '@millrace/core/sqlite';
import { redisStore } from '@millrace/redis';
import { sqs } from '@millrace/sqs-polling';
import type { FromWorker, StopPoint, WorkerConfig } from '../support/worker-messages.ts';
import { fileLogSource } from './file-log-source.ts';

/** A consumer whose effects are rows of a ledger, each written in one transaction with "done". */
const config = JSON.parse(process.argv[2] ?? '') as WorkerConfig;
const { lease, worker } = config;

// A process that dies takes nothing with it that was written; that would take a power cut.
const store = sqliteStore({ path: config.ledger, durability: 'normal' });
const insert = store.database.prepare('INSERT INTO effects (id, worker, fence) VALUES (?, ?, ?)');
const redis = config.redis && redisStore({ client: config.redis.url, prefix: config.redis.prefix });
let ownershipFence = 0;

const consumer = createConsumer({
  name: 'shop',
  sources: [source()],
  store: parts(),
  idempotency: { lease },
  markers: { every: 1_000_000, interval: config.markerInterval },
  retry: { delay: 100 },
  log: silentLogger,
});
consumer.on('Order', { name: 'order' }, handle);
// Nobody would be left to stop this process.
process.once('disconnect', () => void consumer.stop({ now: true }));

await Promise.all([consumer.start().then(() => tell({ kind: 'reading' })), consumer.run()]);
store.close();
await redis?.close();
if (process.connected) process.disconnect();

async function handle({ id }: Message, context: HandlerContext): Promise<void> {
  await setTimeout(2);
  await stopAt('before the effect', id);
  try {
    store.transaction((database) => {
      insert.run(id, worker, context.fence ?? 0);
      void context.complete(database);
    });
  } catch (error) {
    await tell({ kind: 'refused', id, code: isMillraceError(error) ? error.code : String(error) });
    throw error;
  }
  await stopAt('after the effect', id);
}

async function stopAt(point: StopPoint['point'], id: string): Promise<void> {
  const { stop } = config;
  if (stop?.id !== id || stop.point !== point) return;
  await tell({ kind: 'at', point, id });
  if (stop.blocking) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, stop.milliseconds);
  else await setTimeout(stop.milliseconds);
}

function source(): Source {
  if (config.source.kind === 'log') return fileLogSource(config.source, worker, () => ownershipFence);
  return sqs({
    endpoint: config.source.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    queue: config.source.queue,
    visibilityTimeout: lease,
    waitTime: 1_000,
    concurrency: 4,
    name: 'orders',
  });
}

/** The parts of the store, with an ear to which fence the ownership gives. */
function parts(): StoreParts {
  const { ownership, replay } = redis ?? store;
  return {
    idempotency: store.idempotency,
    deadLetters: store.deadLetters,
    replay,
    ownership: {
      ...ownership,
      async acquire(name, options) {
        const held = await ownership.acquire(name, options);
        if (held) ownershipFence = held.fence;
        return held;
      },
    },
  };
}

function tell(message: FromWorker): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send?.(message, undefined, undefined, () => resolve());
  });
}
