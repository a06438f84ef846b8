import type { Cluster, RedisOptions } from 'ioredis';
import { Redis } from 'ioredis';
import { redisError } from '../errors.ts';
import type { ConnectionSettings } from './settings.ts';
import { ownedSettings } from './settings.ts';

/**
 * Where Redis is: a URL (`redis:` or `rediss:`), ioredis options (Sentinel too), or an ioredis client. Of a client only
 * the options are taken: the store opens a connection of its own with settings of its own, and closes only that.
 */
export type RedisTarget = string | RedisOptions | Redis | Cluster;

export type Client = Redis | Cluster;

export function openClient(target: RedisTarget, settings: ConnectionSettings): Client {
  const owned = ownedSettings(settings);
  if (typeof target === 'string') return new Redis(checkedUrl(target), owned);
  if (typeof target !== 'object' || target === null) {
    throw redisError('REDIS_OPTIONS', 'Say where Redis is: a URL, ioredis options, or an ioredis client.');
  }
  if (!('duplicate' in target)) return new Redis({ ...target, ...owned });
  if (!isCluster(target)) return target.duplicate(owned);
  return target.duplicate([], {
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    lazyConnect: false,
    scaleReads: 'master',
    maxRedirections: 4,
    // Sent again by the client after its time is over, a claim would be made after the store took it back.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    retryDelayOnTryAgain: 0,
    redisOptions: { ...target.options.redisOptions, ...owned, lazyConnect: true },
    clusterRetryStrategy: owned.retryStrategy,
  });
}

export function isCluster(client: Client): client is Cluster {
  return client.isCluster;
}

/** For people: never with a user or a password. */
export function nameOf(client: Client): string {
  if (isCluster(client)) return 'Redis Cluster';
  const { host, port, path, name, sentinels } = client.options;
  if (sentinels) return `Redis ${name ?? ''} by Sentinel`;
  return `Redis ${path ?? `${host}:${port}`}`;
}

function checkedUrl(url: string): string {
  if (URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol)) return url;
  throw redisError(
    'REDIS_OPTIONS',
    'The URL of Redis must be like "redis://host:6379", or "rediss://" for TLS. (It is not shown: it may hold a password.)',
  );
}
