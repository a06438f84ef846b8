import type { RedisTarget } from './connection/client.ts';
import { openClient } from './connection/client.ts';
import { openNode } from './connection/node.ts';
import { keysUnder } from './keys.ts';
import type { CommonOptions } from './options.ts';
import { readOptions } from './options.ts';
import type { RedisStore } from './store.ts';
import { storeOn } from './store.ts';
import { idempotencyBy } from './stores/idempotency.ts';

export interface RedisStoreOptions extends CommonOptions {
  /** A URL, ioredis options, or an ioredis client, which is copied: a `Redis` (Sentinel too) or a `Cluster`. */
  readonly client: RedisTarget;
}

/**
 * A store in one Redis or Valkey: a single server, a primary that Sentinel or a provider fails over, or a Cluster.
 * One round trip claims a whole batch. The connection is made at once and made again when it is lost; meanwhile calls
 * reject with STORE_UNAVAILABLE. Throws REDIS_OPTIONS.
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  const settings = readOptions(options);
  const keys = keysUnder(settings.prefix);
  const node = openNode(openClient(options.client, settings), settings.connectTimeout, settings.clock);
  return storeOn([node], keys, settings, idempotencyBy);
}
