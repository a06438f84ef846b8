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

interface ServerKind {
  /** Of the program. */
  readonly name: string;
  /** Names the program in the environment. */
  readonly variable: string;
  readonly packages: readonly string[];
  /** Where the packages are when the system's own archives have none. */
  readonly sources?: string;
}

const redis: ServerKind = {
  name: 'redis-server',
  variable: 'REDIS_SERVER_BIN',
  packages: ['redis-server', 'redis-tools'],
};

const valkey: ServerKind = {
  name: 'valkey-server',
  variable: 'VALKEY_SERVER_BIN',
  packages: ['valkey-server', 'valkey-tools'],
  sources:
    'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian bookworm-backports main\n',
};

const repositoryCache = join(import.meta.dirname, '../../.cache');

/**
 * Finds a Redis server: `REDIS_SERVER_BIN`, `redis-server` on the PATH, or one unpacked from the packages of Debian and
 * Ubuntu into the repository's `.cache/redis`. Nothing is installed, and root is not needed.
 */
export function findRedis(
  env: NodeJS.ProcessEnv = process.env,
  cache: string = join(repositoryCache, 'redis'),
): Promise<RedisBinary | RedisMissing> {
  return find(redis, env, cache);
}

/** The same for Valkey: `VALKEY_SERVER_BIN`, `valkey-server`, `.cache/valkey`. Debian 12 has it in its backports. */
export function findValkey(env: NodeJS.ProcessEnv = process.env): Promise<RedisBinary | RedisMissing> {
  return find(valkey, env, join(repositoryCache, 'valkey'));
}

async function find(
  kind: ServerKind,
  env: NodeJS.ProcessEnv,
  cache: string,
): Promise<RedisBinary | RedisMissing> {
  const named = env[kind.variable];
  if (named !== undefined && named !== '') {
    return isExecutable(named)
      ? { path: named, env: {} }
      : { missing: `${kind.variable} is ${named}, which can't be run.` };
  }
  const onPath = findOnPath(kind.name, env);
  if (onPath !== undefined) return { path: onPath, env: {} };

  const root = join(cache, 'root');
  const path = join(root, 'usr/bin', kind.name);
  if (!existsSync(path)) {
    if (findOnPath('apt-get', env) === undefined || findOnPath('dpkg-deb', env) === undefined) {
      return {
        missing: `There is no ${kind.name} on the PATH. Install one, or name it in ${kind.variable}.`,
      };
    }
    try {
      await unpack(kind, root);
    } catch (error) {
      return {
        missing: `There is no ${kind.name} on the PATH, and its packages could not be fetched: ${firstLine(error)}`,
      };
    }
  }
  return { path, env: { LD_LIBRARY_PATH: await libraryPath(root) } };
}

async function unpack({ packages, sources }: ServerKind, root: string): Promise<void> {
  try {
    await unpackDebianPackages(packages, root);
  } catch (error) {
    if (sources === undefined) throw error;
    await unpackDebianPackages(packages, root, { sources });
  }
}

async function libraryPath(root: string): Promise<string> {
  const lib = join(root, 'usr/lib');
  const triplets = (await readdir(lib).catch(() => [])).filter((name) => name.endsWith('-linux-gnu'));
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
