import { resolve } from 'node:path';
import type { Logger } from '@millrace/core';
import { memoryBroadcasterStore } from '../broadcaster/memory/memory-store.ts';
import type { BroadcasterStore } from '../broadcaster/ports/broadcaster-store.ts';
import { redisBroadcasterStore } from '../broadcaster/stores/redis/redis-broadcaster-store.ts';
import { sqliteBroadcasterStore } from '../broadcaster/stores/sqlite/sqlite-broadcaster-store.ts';
import { httpPubsubError } from '../errors.ts';
import type { StoreConfig } from './config.ts';
import { wrong } from './reader.ts';

const common = ['kind', 'dialect', 'maxSubscriptions', 'maxDeliveries', 'maxBytes'];
const own = {
  memory: common,
  sqlite: [...common, 'path', 'durability', 'busyTimeout'],
  redis: [...common, 'url', 'urlEnv', 'prefix', 'timeout'],
};

export interface StorePlace {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Logger;
}

/** Rejects with PUBSUB_OPTIONS, STORE_UNAVAILABLE or STORE_CORRUPT. */
export async function openStore(config: StoreConfig, place: StorePlace): Promise<BroadcasterStore> {
  const { kind = 'memory', path, durability, busyTimeout, url, urlEnv, prefix, timeout, ...bounds } = config;
  const foreign = Object.keys(config).find((name) => !own[kind].includes(name));
  if (foreign !== undefined)
    throw wrong(`store.${foreign}`, `left out, for a store of kind ${kind} has none`);
  if (kind === 'memory') return memoryBroadcasterStore(bounds);
  if (kind === 'sqlite') {
    if (path === undefined) throw wrong('store.path', 'the path of a file');
    const settings = { ...(durability && { durability }), ...(busyTimeout !== undefined && { busyTimeout }) };
    return sqliteBroadcasterStore({ ...bounds, ...settings, path: resolve(place.folder, path) });
  }
  const settings = { ...(prefix !== undefined && { prefix }), ...(timeout !== undefined && { timeout }) };
  const client = await connect(url ?? fromEnvironment(urlEnv, place), place.log);
  const store = redisBroadcasterStore({ ...bounds, ...settings, client });
  return {
    ...store,
    async close() {
      await store.close();
      client.disconnect();
    },
  };
}

async function connect(url: string, log: Logger) {
  if (!/^rediss?:$/.test(URL.parse(url)?.protocol ?? '')) {
    throw wrong(
      'store.url',
      'like redis://host:6379, or rediss:// for TLS (it is not shown, for it may hold a password)',
    );
  }
  const { Redis } = await import('ioredis').catch((error: unknown) => {
    throw httpPubsubError(
      'PUBSUB_OPTIONS',
      'A store of kind redis needs the package "ioredis": npm install ioredis.',
      error,
    );
  });
  const client = new Redis(url);
  client.on('error', (error: Error) => log.warn('Redis can not be reached.', { reason: error.message }));
  return client;
}

function fromEnvironment(name: string | undefined, { environment }: StorePlace): string {
  if (name === undefined) throw wrong('store.url', 'there, or "store.urlEnv"');
  const value = environment[name];
  if (value !== undefined) return value;
  throw httpPubsubError('PUBSUB_OPTIONS', `The environment variable ${name} of "store.urlEnv" is not set.`);
}
