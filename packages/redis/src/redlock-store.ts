import type { IndependentNodesOptions } from './independent-nodes.ts';
import { openNodes } from './independent-nodes.ts';
import { keysUnder } from './keys.ts';
import { readOptions } from './options.ts';
import { redlockIdempotency } from './redlock/idempotency.ts';
import { createLocks } from './redlock/locks.ts';
import type { RedisStore } from './store.ts';
import { storeOn } from './store.ts';

/**
 * Like `quorumStore`, on the same servers, but each run is locked by the Redlock algorithm of the `redlock` package
 * before its record is claimed. It takes more round trips, one lock for each key, and gives the same verdicts.
 * Throws REDIS_NODE_COUNT and REDIS_OPTIONS.
 */
export function redlockStore(options: IndependentNodesOptions): RedisStore {
  const settings = readOptions(options);
  const keys = keysUnder(settings.prefix);
  const nodes = openNodes(options, settings);
  const locks = createLocks(nodes);
  return storeOn(nodes, keys, settings, (records, pause) => redlockIdempotency(records, locks, keys, pause));
}
