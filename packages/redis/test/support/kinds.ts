import { inject } from 'vitest';
import type { CommonOptions, RedisStore } from '../../src/index.ts';
import { quorumStore, redisStore, redlockStore } from '../../src/index.ts';

export type OpenStore = (urls: readonly string[], options?: CommonOptions) => RedisStore;

/** Every kind of store, with how many servers it takes. */
export const kinds: readonly { readonly kind: string; readonly servers: number; readonly open: OpenStore }[] =
  [
    {
      kind: 'redisStore',
      servers: 1,
      open: ([redis = ''], options) => redisStore({ client: redis, ...options }),
    },
    {
      kind: 'quorumStore on 3',
      servers: 3,
      open: (nodes, options) => quorumStore({ clients: nodes, ...options }),
    },
    {
      kind: 'redlockStore on 3',
      servers: 3,
      open: (nodes, options) => redlockStore({ clients: nodes, ...options }),
    },
  ];

export const quorums = kinds.filter(({ servers }) => servers === 3);

/** Of the servers that all suites share. */
export function sharedUrls(count: number): readonly string[] {
  return inject('redis')
    .servers.slice(0, count)
    .map(({ host, port }) => `redis://${host}:${port}`);
}

/** Nobody else's keys start with it. */
export function ownPrefix(): string {
  return `test-${crypto.randomUUID()}`;
}
