import { memoryStore } from '@millrace/core';

import type { Suite } from '../suite.ts';
import { sqsContender } from './contender.ts';
import { startEmbeddedServer } from './embedded-server.ts';
import { millrace } from './millrace.ts';
import { sdkLoop } from './sdk-loop.ts';
import { sqsConsumer } from './sqs-consumer.ts';

const names = {
  raw: 'SDK loop',
  millrace: 'millrace without idempotency',
  idempotent: 'millrace with idempotency',
  sqsConsumer: 'sqs-consumer@15',
} as const;

const kinds = [
  ['throughput', 'throughput'],
  ['cpu', 'cpu_us'],
] as const;

export const sqsSuite: Suite = {
  name: 'sqs',
  messages: 5_000,
  warmUps: 2,
  samples: 12,
  quantities: [
    ...kinds.map(([kind, suffix]) => ({
      id: `sqs.${suffix}`,
      kind,
      millrace: names.millrace,
      raw: names.raw,
      peers: [names.sqsConsumer],
    })),
    ...kinds.map(([kind, suffix]) => ({
      id: `sqs.idempotency.${suffix}`,
      kind,
      millrace: names.idempotent,
      raw: names.raw,
      peers: [names.millrace],
    })),
  ],
  async open() {
    const { endpoint, close } = await startEmbeddedServer();
    const contenders = [
      sqsContender(endpoint, names.raw, sdkLoop),
      sqsContender(endpoint, names.millrace, millrace()),
      sqsContender(endpoint, names.sqsConsumer, sqsConsumer),
      sqsContender(
        endpoint,
        names.idempotent,
        millrace(() => memoryStore().idempotency),
      ),
    ];
    return { contenders, close };
  },
};
