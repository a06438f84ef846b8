import type { IndependentNodesOptions } from './independent-nodes.ts';
import { openNodes } from './independent-nodes.ts';
import { keysUnder } from './keys.ts';
import { readOptions } from './options.ts';
import type { RedisStore } from './store.ts';
import { storeOn } from './store.ts';
import { idempotencyBy } from './stores/idempotency.ts';

/**
 * A store on three or five independent Redis servers, that goes on while a majority of them answers. One round trip to
 * all of them at once decides a whole batch, as soon as enough have answered. Throws REDIS_NODE_COUNT and REDIS_OPTIONS.
 */
export function quorumStore(options: IndependentNodesOptions): RedisStore {
  const settings = readOptions(options);
  const keys = keysUnder(settings.prefix);
  return storeOn(openNodes(options, settings), keys, settings, idempotencyBy);
}
