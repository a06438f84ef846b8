import { accessSync, constants, existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { unpackDebianPackages } from './debian-packages.ts';

export interface RedisBinary {
  readonly path: string;
  /** What the process needs in its environment. */
  readonly env: NodeJS.ProcessEnv;
}

export interface RedisMissing {
  readonly missing: string;
}

const repositoryCache = join(import.meta.dirname, '../../.cache/redis');

/**
 * Finds a Redis server: `REDIS_SERVER_BIN`, `redis-server` on the PATH, or one unpacked from the packages of Debian and
 * Ubuntu into the repository's `.cache/redis`. Nothing is installed, and root is not needed.
 */
export async function findRedis(
  env: NodeJS.ProcessEnv = process.env,
  cache: string = repositoryCache,
): Promise<RedisBinary | RedisMissing> {
  const named = env['REDIS_SERVER_BIN'];
  if (named !== undefined && named !== '') {
    return isExecutable(named)
      ? { path: named, env: {} }
      : { missing: `REDIS_SERVER_BIN is ${named}, which can't be run.` };
  }
  const onPath = findOnPath('redis-server', env);
  if (onPath !== undefined) return { path: onPath, env: {} };

  if (!existsSync(unpacked(cache))) {
    if (findOnPath('apt-get', env) === undefined || findOnPath('dpkg-deb', env) === undefined) {
      return {
        missing: 'There is no redis-server on the PATH. Install one, or name it in REDIS_SERVER_BIN.',
      };
    }
    try {
      await unpackDebianPackages(['redis-server', 'redis-tools'], join(cache, 'root'));
    } catch (error) {
      return {
        missing: `There is no redis-server on the PATH, and its packages could not be fetched: ${firstLine(error)}`,
      };
    }
  }
  return { path: unpacked(cache), env: { LD_LIBRARY_PATH: await libraryPath(cache) } };
}

function unpacked(cache: string): string {
  return join(cache, 'root/usr/bin/redis-server');
}

async function libraryPath(cache: string): Promise<string> {
  const lib = join(cache, 'root/usr/lib');
  const triplets = (await readdir(lib)).filter((name) => name.endsWith('-linux-gnu'));
  return [...triplets.map((name) => join(lib, name)), process.env['LD_LIBRARY_PATH']]
    .filter(Boolean)
    .join(delimiter);
}

function findOnPath(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const folders = (env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n').find((line) => line.startsWith('E:')) ?? text.split('\n')[0] ?? '';
}
