import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import type { RedisBinary, RedisMissing } from './redis-binary.ts';
import { findRedis } from './redis-binary.ts';
import type { ServerProcess } from './server-process.ts';
import { startServer } from './server-process.ts';

export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export interface RedisServers {
  readonly servers: readonly RedisServer[];
  stop(): Promise<void>;
}

/** Starts `count` independent, empty servers on free loopback ports. Rejects when there is none to start. */
export async function startRedis({
  count,
  find = findRedis,
}: {
  readonly count: number;
  /** @default findRedis */
  readonly find?: () => Promise<RedisBinary | RedisMissing>;
}): Promise<RedisServers> {
  const binary = await find();
  if ('missing' in binary) throw new Error(binary.missing);
  const started = await Promise.allSettled(Array.from({ length: count }, () => startOne(binary)));
  const servers = started.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()));
  };
  const failed = started.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    await stop();
    throw failed.reason;
  }
  return { servers, stop };
}

const host = '127.0.0.1';

async function startOne(binary: RedisBinary): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
  const removeFolder = () => rm(folder, { recursive: true, force: true });
  try {
    const { port, child } = await onFreePort(binary, folder);
    return {
      host,
      port,
      pid: child.pid,
      async stop() {
        await child.stop();
        await removeFolder();
      },
    };
  } catch (error) {
    await removeFolder();
    throw error;
  }
}

async function onFreePort(
  binary: RedisBinary,
  folder: string,
): Promise<{ port: number; child: ServerProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(host);
    try {
      const child = await startServer({
        command: binary.path,
        args: ['--port', String(port), '--bind', host, '--save', '', '--appendonly', 'no', '--dir', folder],
        env: binary.env,
        ready: /Ready to accept connections/,
      });
      return { port, child };
    } catch (error) {
      // Somebody else may take the port before Redis does.
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (!taken || attempt === 5) throw error;
    }
  }
}
