import type { Suite } from '../suite.ts';
import { handWritten } from './hand-written.ts';
import { millrace } from './millrace.ts';
import { nest } from './nest.ts';

const rounds = { messages: 50_000, warmUps: 2, samples: 16 };

function againstPeers(id: string, batch: number): Suite {
  const peers = ['nestjs@12', 'nestjs@12 without parameter decorators'] as const;
  return {
    ...rounds,
    name: `dispatch in batches of ${batch}`,
    quantities: [{ id, kind: 'cpu', millrace: 'millrace', raw: 'hand-written', peers }],
    open: async () => ({
      contenders: [
        handWritten(batch),
        millrace('millrace', batch),
        nest(peers[0], batch, 'documented'),
        nest(peers[1], batch, 'bare'),
      ],
      async close() {},
    }),
  };
}

const features = ['schema', 'middleware', 'idempotency'] as const;
const featureBatch = 10;

/** What each feature costs by itself. */
const increments: Suite = {
  ...rounds,
  name: 'dispatch with features',
  quantities: features.map((feature) => ({
    id: `dispatch.${feature}.cpu_us`,
    kind: 'cpu',
    millrace: feature,
    raw: 'hand-written',
    peers: ['millrace without it'],
  })),
  open: async () => ({
    contenders: [
      handWritten(featureBatch),
      millrace('millrace without it', featureBatch),
      ...features.map((feature) => millrace(feature, featureBatch, { [feature]: true })),
    ],
    async close() {},
  }),
};

export const dispatchSuites: readonly Suite[] = [
  againstPeers('dispatch.cpu_us', 10),
  againstPeers('dispatch.batch100.cpu_us', 100),
  increments,
];
