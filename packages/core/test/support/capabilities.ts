import type { Capabilities } from '../../src/source.ts';

/** What a queue such as SQS can do. */
export const queueCapabilities: Capabilities = {
  settle: 'ack+nack',
  redelivery: 'delayed',
  maxRetryDelay: 43_200_000,
  deliveryCount: 'native',
  order: 'none',
  position: 'none',
  replay: 'none',
  exclusive: false,
  lease: { milliseconds: 30_000, maximum: 43_200_000 },
  settleBatch: { size: 10, linger: 0 },
};

/** What a log without per-message settlement can do. */
export const logCapabilities: Capabilities = {
  settle: 'none',
  redelivery: 'none',
  deliveryCount: 'none',
  order: 'perKey',
  position: 'opaque',
  replay: 'all',
  exclusive: false,
  settleBatch: { size: 100, linger: 0 },
};
