import type { RedisOptions } from 'ioredis';

export interface ConnectionSettings {
  /** Milliseconds until a command counts as not answered. */
  readonly timeout: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** Milliseconds between tries to connect: at first, and at the most. */
const reconnect = { first: 50, most: 1_000 };

/**
 * The settings that the store's guarantees need, whatever the ones of the client it was given are. A call fails soon
 * and visibly: it is neither queued while there is no connection nor sent a second time by the client, since only the
 * store knows whether that is safe. A server that keeps its connections and says nothing counts as gone: it is
 * connected to anew, so that commands for it don't pile up.
 */
export function ownedSettings({ timeout, connectTimeout }: ConnectionSettings) {
  return {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    enableAutoPipelining: false,
    enableReadyCheck: true,
    lazyConnect: false,
    maxRetriesPerRequest: 0,
    commandTimeout: timeout,
    socketTimeout: timeout,
    connectTimeout,
    replyMapping: 'legacy',
    stringNumbers: false,
    readOnly: false,
    monitor: false,
    retryStrategy: (attempt: number) =>
      Math.min(reconnect.first * 2 ** Math.min(attempt - 1, 10), reconnect.most),
    // After a failover the old primary is a replica: look for the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  } satisfies RedisOptions;
}
