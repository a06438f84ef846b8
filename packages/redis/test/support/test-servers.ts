import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../../scripts/servers/free-port.ts';
import { findRedis } from '../../../../scripts/servers/redis-binary.ts';
import type { ServerProcess } from '../../../../scripts/servers/server-process.ts';
import { startServer } from '../../../../scripts/servers/server-process.ts';

/** A Redis that a test may do anything to. */
export interface TestServer {
  readonly port: number;
  readonly url: string;
  /** It keeps its connections, takes new ones, and says nothing. */
  pause(): void;
  resume(): void;
  /** Connections are refused from then on. */
  stop(): Promise<void>;
  /** On the same port, empty. */
  start(): Promise<void>;
}

/** They end with the test. */
export async function startServers(count: number): Promise<readonly TestServer[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => launch()));
  onTestFinished(() => stopAll(servers));
  return servers;
}

export async function stopAll(servers: readonly TestServer[]): Promise<void> {
  for (const server of servers) server.resume();
  await Promise.all(servers.map((server) => server.stop()));
}

const tries = 5;

/** For those who stop it themselves. `settings` is asked again when another process has taken a port meanwhile. */
export async function launch(
  settings: () => Promise<readonly string[]> = async () => [],
): Promise<TestServer> {
  for (let attempt = 1; ; attempt += 1) {
    const server = testServer(await freePort(), await settings());
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === tries || !String(error).includes('Address already in use')) throw error;
    }
  }
}

function testServer(port: number, settings: readonly string[]): TestServer {
  let child: ServerProcess | undefined;
  let folder: string | undefined;
  let paused = false;

  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause() {
      if (child) process.kill(child.pid, 'SIGSTOP');
      paused = true;
    },
    resume() {
      if (child && paused) process.kill(child.pid, 'SIGCONT');
      paused = false;
    },
    async start() {
      const binary = await findRedis();
      if ('missing' in binary) throw new Error(binary.missing);
      folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
      const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
      child = await startServer({
        command: binary.path,
        args: [...own, ...settings],
        env: binary.env,
        ready: /Ready to accept connections/,
      });
    },
    async stop() {
      await child?.stop();
      child = undefined;
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}
