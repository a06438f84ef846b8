import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { eventstore } from '@millrace/eventstore';

import type { BenchEvent } from './bench-event.ts';
import { eventType } from './bench-event.ts';
import type { StartReading } from './reader.ts';

export const millraceCatchUp: StartReading = async ({ client, stream, handled }) => {
  const { deadLetters, ownership } = memoryStore();
  const replay = new Map<string, string>();
  const consumer = createConsumer({
    name: 'bench',
    sources: [eventstore({ client, from: { stream }, start: 'earliest', verify: 'off' })],
    store: { deadLetters, ownership, replay },
    log: silentLogger,
  });
  consumer.on<BenchEvent>(eventType, async ({ data }) => handled(data.number));
  await consumer.start();
  return {
    async stop() {
      await consumer.stop();
      const [marker = ''] = replay.values();
      return BigInt(marker.slice('r:'.length));
    },
  };
};
