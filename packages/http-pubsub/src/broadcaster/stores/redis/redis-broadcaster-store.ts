import { redisReplayGuard } from '../../../guards/redis-replay-guard.ts';
import type { BroadcasterStore } from '../../ports/broadcaster-store.ts';
import { redisDeliveries } from './deliveries.ts';
import { redisMessages } from './messages.ts';
import type { RedisBroadcasterStoreOptions } from './options.ts';
import { readOptions } from './options.ts';
import { redisReplayLog } from './replay-log.ts';
import { scriptsOn } from './scripts.ts';
import { redisSubscriptions } from './subscriptions.ts';
import { redisUndelivered } from './undelivered.ts';

/**
 * All in one Redis or Valkey, shared by any number of broadcasters. In a Cluster it is in one slot. Redis has to keep what it
 * is given: `maxmemory-policy noeviction`, and an append-only file if it is to survive a restart. Calls reject with
 * STORE_UNAVAILABLE when Redis does not answer in time; what they asked for may be done later still. Throws PUBSUB_OPTIONS.
 */
export function redisBroadcasterStore(given: RedisBroadcasterStoreOptions): BroadcasterStore {
  const options = readOptions(given);
  const scripts = scriptsOn(options);
  const messages = redisMessages(scripts);
  return {
    subscriptions: redisSubscriptions(scripts, options),
    deliveries: redisDeliveries(scripts, messages, options),
    undelivered: redisUndelivered(scripts, messages),
    log: redisReplayLog(scripts, messages),
    replayGuard: redisReplayGuard(options),
    async close() {},
  };
}
