import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventstore } from '@millrace/eventstore';

import type { BenchEvent } from './bench-event.ts';
import { eventType } from './bench-event.ts';
import type { StartReading } from './reader.ts';
import { bufferSize } from './reader.ts';

export const millracePersistent: StartReading = async ({ client, stream, group, handled }) => {
  const { deadLetters } = memoryStore();
  const consumer = createConsumer({
    name: 'bench',
    sources: [
      eventstore({
        mode: 'persistent',
        client,
        from: { stream },
        group,
        concurrency: bufferSize / 2,
        prefetch: bufferSize / 2,
        verify: 'off',
      }),
    ],
    store: { deadLetters },
    log: silentLogger,
  });
  consumer.on<BenchEvent>(eventType, async ({ data }) => handled(data.number));
  await consumer.start();
  return {
    async stop() {
      await consumer.stop();
      return undefined;
    },
  };
};
