import { createConsumer, memoryStore, silentLogger } from '@millrace/core';
import { accessToken, salesforce } from '@millrace/salesforce-streaming';

import type { BenchEvent } from './bench-event.ts';
import type { StartReading } from './reader.ts';
import { apiVersion } from './reader.ts';

export const millrace: StartReading = async ({ url, token, login, channel, handled }) => {
  const { deadLetters, ownership } = memoryStore();
  const replay = new Map<string, string>();
  const consumer = createConsumer({
    name: 'bench',
    sources: [
      salesforce({
        auth: accessToken(async ({ refused }) => ({
          accessToken: refused === undefined ? token : await login(),
          instanceUrl: url,
        })),
        channels: [channel],
        start: 'earliest',
        apiVersion,
        verify: 'off',
      }),
    ],
    store: { deadLetters, ownership, replay },
    log: silentLogger,
  });
  consumer.on<BenchEvent>(channel.slice('/event/'.length), async ({ data }) => handled(data.Number__c));
  await consumer.start();
  return {
    async stop() {
      await consumer.stop();
      const [position = ''] = replay.values();
      return position.slice('b:'.length);
    },
  };
};
