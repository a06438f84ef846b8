import type { StartConsuming } from './consumer.ts';
import type { Variant } from './millrace-consumer.ts';

const millrace = (variant: Variant) => async () => (await import('./millrace-consumer.ts')).millrace(variant);

/** Loaded one by one, so that nobody has in its process what another one needs. */
export const consumers = {
  raw: async () => (await import('./raw-consumer.ts')).commitBatches,
  'raw-hundreds': async () => (await import('./raw-consumer.ts')).commitHundreds,
  millrace: millrace({ order: 'partition', idempotent: false, client: 'kafkajs' }),
  'millrace-key': millrace({ order: 'key', idempotent: false, client: 'kafkajs' }),
  'millrace-idempotent': millrace({ order: 'partition', idempotent: true, client: 'kafkajs' }),
  'millrace-platformatic': millrace({ order: 'partition', idempotent: false, client: 'platformatic' }),
  nest: async () => (await import('./nest-consumer.ts')).nest,
} as const satisfies Record<string, () => Promise<StartConsuming>>;

export type ConsumerName = keyof typeof consumers;
