import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { RevocableReplayGuard } from '../wire/auth/replay-guard.ts';
import { proofDigest } from './proof-digest.ts';
import type { RedisArgument, RedisClient } from './redis-client.ts';
import { callRedis } from './redis-client.ts';

export interface RedisReplayGuardOptions {
  /** Of `ioredis`: a `Redis` or a `Cluster`. It stays yours to close. */
  readonly client: RedisClient;
  /**
   * The start of every key.
   * @default 'millrace-pubsub'
   */
  readonly prefix?: string;
  /**
   * Milliseconds until Redis counts as not answering.
   * @default 2000
   */
  readonly timeout?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** Proofs in Redis, shared by all that use it with the same prefix; they are counted by its clock. */
export function redisReplayGuard(options: RedisReplayGuardOptions): RevocableReplayGuard {
  const { client, prefix = 'millrace-pubsub', timeout = 2_000, clock = systemClock } = options;
  const call = (command: string, proof: string, ...args: readonly RedisArgument[]) => {
    const key = `${prefix}:proof:${proofDigest(proof).toString('base64url')}`;
    return callRedis(client, { clock, timeout }, command, key, ...args);
  };
  return {
    remember: async (proof, milliseconds) =>
      (await call('SET', proof, '1', 'PX', Math.ceil(milliseconds), 'NX')) !== null,
    has: async (proof) => (await call('EXISTS', proof)) === 1,
    async forget(proof) {
      await call('DEL', proof);
    },
  };
}
