import { findRedis } from '../../../scripts/servers/redis-binary.ts';
import { startRedis } from '../../../scripts/servers/redis.ts';
import type { MissingServer } from './suite.ts';

export interface RedisUrls {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Real, independent, empty servers in processes of their own; without persistence. */
export async function redisServers(count: number): Promise<RedisUrls | MissingServer> {
  const binary = await findRedis();
  if ('missing' in binary) return binary;
  const { servers, stop } = await startRedis({ count });
  return { urls: servers.map(({ host, port }) => `redis://${host}:${port}`), stop };
}
