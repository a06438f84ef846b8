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
export async function startServers(
  count: number,
  ...settings: readonly string[]
): Promise<readonly TestServer[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => startOne(settings)));
  onTestFinished(async () => {
    for (const server of servers) server.resume();
    await Promise.all(servers.map((server) => server.stop()));
  });
  return servers;
}

async function startOne(settings: readonly string[]): Promise<TestServer> {
  const found = await findRedis();
  if ('missing' in found) throw new Error(found.missing);
  const binary = found;
  const port = await freePort();
  let running: { readonly child: ServerProcess; readonly folder: string } | undefined;

  async function start(): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-redis-'));
    const own = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
    const child = await startServer({
      command: binary.path,
      args: [...own, ...settings],
      env: binary.env,
      ready: /Ready to accept connections/,
    });
    running = { child, folder };
  }

  function signal(name: NodeJS.Signals): void {
    if (running) process.kill(running.child.pid, name);
  }

  await start();
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    async stop() {
      const { child, folder } = running ?? {};
      running = undefined;
      await child?.stop();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    },
    start,
  };
}
