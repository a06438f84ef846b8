import type { RedisOptions, Redis } from 'ioredis';
import { isCluster, openClient } from './connection/client.ts';
import type { Node } from './connection/node.ts';
import { openNode } from './connection/node.ts';
import { redisError } from './errors.ts';
import type { CommonOptions, Settings } from './options.ts';

export interface IndependentNodesOptions extends CommonOptions {
  /**
   * Three or five servers that know nothing of each other: no replicas, no cluster. Each a URL, ioredis options, or an
   * ioredis client, which is copied. All processes need the same ones.
   */
  readonly clients: readonly (string | RedisOptions | Redis)[];
}

/** Throws REDIS_NODE_COUNT and REDIS_OPTIONS. */
export function openNodes({ clients }: IndependentNodesOptions, settings: Settings): readonly Node[] {
  if (clients === undefined || clients.length < 3 || clients.length % 2 === 0) {
    throw redisError(
      'REDIS_NODE_COUNT',
      'A majority needs an odd number of independent Redis servers, 3 or 5: an even one more can fail no more of them. ' +
        'For one server, or a cluster, take redisStore.',
    );
  }
  const opened: Node[] = [];
  try {
    for (const target of clients) {
      const client = openClient(target, settings);
      opened.push(openNode(client, settings.connectTimeout, settings.clock));
      if (isCluster(client)) {
        throw redisError(
          'REDIS_OPTIONS',
          'Each of the "clients" must be a server of its own; for a cluster take redisStore.',
        );
      }
    }
    return opened;
  } catch (error) {
    for (const node of opened) node.close();
    throw error;
  }
}
