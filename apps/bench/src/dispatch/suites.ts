import type { Suite } from '../suite.ts';
import { decodedFeed, kafkaFeed } from './feed.ts';
import { handWritten } from './hand-written.ts';
import { millrace } from './millrace.ts';
import { nest, nestKafka } from './nest.ts';

const rounds = { messages: 60_000, warmUps: 2 };
const comparison = { kind: 'cpu', millrace: 'millrace', raw: 'hand-written' } as const;

function dispatchSuite(id: string, batch: number): Suite {
  const peers = ['nestjs@12', 'nestjs@12 without parameter decorators'] as const;
  return {
    ...rounds,
    samples: 16,
    name: `dispatch in batches of ${batch}`,
    quantities: [{ ...comparison, id, peers }],
    open: async () => ({
      contenders: [
        handWritten(decodedFeed, batch),
        millrace('millrace', decodedFeed, batch),
        nest(peers[0], batch, 'documented'),
        nest(peers[1], batch, 'bare'),
      ],
    }),
  };
}

/** From the bytes of a Kafka message on, which is where Nest's own transport begins. */
const kafkaMessages: Suite = {
  ...rounds,
  samples: 18,
  name: 'dispatch of Kafka messages',
  quantities: [{ ...comparison, id: 'dispatch.kafka.cpu_us', peers: ['nestjs@12 Kafka transport'] }],
  open: async () => ({
    contenders: [
      handWritten(kafkaFeed, 10),
      millrace('millrace', kafkaFeed, 10),
      nestKafka('nestjs@12 Kafka transport', 10),
    ],
    async close() {},
  }),
};

const features = ['schema', 'middleware', 'idempotency'] as const;

/** What each feature costs by itself. */
const increments: Suite = {
  ...rounds,
  samples: 20,
  name: 'dispatch with features',
  quantities: features.map((feature) => ({
    ...comparison,
    id: `dispatch.${feature}.cpu_us`,
    millrace: feature,
    peers: ['millrace without it'],
  })),
  open: async () => ({
    contenders: [
      handWritten(decodedFeed, 10),
      millrace('millrace without it', decodedFeed, 10),
      ...features.map((feature) => millrace(feature, decodedFeed, 10, { [feature]: true })),
    ],
    async close() {},
  }),
};

export const dispatchSuites: readonly Suite[] = [
  dispatchSuite('dispatch.cpu_us', 10),
  dispatchSuite('dispatch.batch100.cpu_us', 100),
  kafkaMessages,
  increments,
];
