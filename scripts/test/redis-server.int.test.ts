import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, inject, test, vi } from 'vitest';
import { needsRedis } from '../servers/needs-redis.ts';
import { startRedis } from '../servers/redis.ts';
import { findRedis } from '../servers/redis-binary.ts';

describe('the Redis servers of a run', needsRedis(), () => {
  test('answer', async () => {
    const { servers } = inject('redis');
    expect(servers.length).toBeGreaterThan(1);
    for (const { port } of servers) expect(await ask(port, 'PING')).toBe('+PONG');
  });

  test('are independent of each other', async () => {
    const [first, second] = inject('redis').servers;
    const key = `independent-${process.pid}`;
    expect(await ask(first?.port, 'SET', key, 'here')).toBe('+OK');
    expect(await ask(first?.port, 'GET', key)).toBe('$4\r\nhere');
    expect(await ask(second?.port, 'GET', key)).toBe('$-1');
    expect(await ask(first?.port, 'DEL', key)).toBe(':1');
  });
});

describe('a Redis server', needsRedis(), () => {
  test('is gone when stop() resolves', async () => {
    const { servers, stop } = await startRedis({ count: 2 });
    const pids = servers.map(({ pid }) => pid);
    expect(pids.map(isAlive)).toEqual([true, true]);
    await stop();
    expect(pids.map(isAlive)).toEqual([false, false]);
    await expect(ask(servers[0]?.port, 'PING')).rejects.toThrow('ECONNREFUSED');
    await stop();
  });

  test('does not outlive a runner that is killed', async () => {
    const script = `
      import { startRedis } from ${JSON.stringify(join(import.meta.dirname, '../servers/redis.ts'))};
      const { servers } = await startRedis({ count: 2 });
      console.log(JSON.stringify(servers.map(({ port }) => port)));
      setInterval(() => {}, 1_000);`;
    const runner = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line]: unknown[] = await once(createInterface({ input: runner.stdout }), 'line');
    const ports: number[] = JSON.parse(String(line));
    const replies = () => Promise.all(ports.map((port) => ask(port, 'PING').catch(() => 'gone')));
    expect(await replies()).toEqual(['+PONG', '+PONG']);
    runner.kill('SIGKILL');
    await vi.waitUntil(async () => (await replies()).every((reply) => reply === 'gone'), { timeout: 20_000 });
  });

  test('that cannot start says what it said', async () => {
    vi.stubEnv('REDIS_SERVER_BIN', process.execPath);
    await expect(startRedis({ count: 1 })).rejects.toThrow(/before it was ready:\n.*bad option/s);
    vi.unstubAllEnvs();
  });
});

describe('looking for Redis', () => {
  test('takes the one that REDIS_SERVER_BIN names', async () => {
    expect(await findRedis({ REDIS_SERVER_BIN: process.execPath })).toEqual({
      path: process.execPath,
      env: {},
    });
  });

  test('does not fall back when REDIS_SERVER_BIN names nothing that runs', async () => {
    expect(await findRedis({ ...process.env, REDIS_SERVER_BIN: '/nowhere/redis-server' })).toEqual({
      missing: "REDIS_SERVER_BIN is /nowhere/redis-server, which can't be run.",
    });
  });

  test('says that there is none, where there is none and no apt', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'millrace-empty-'));
    expect(await findRedis({ PATH: empty }, join(empty, 'cache'))).toEqual({
      missing: expect.stringContaining('no redis-server on the PATH'),
    });
    await rm(empty, { recursive: true });
  });
});

/** One command over a plain socket; answers the reply without its last line end. */
async function ask(port: number | undefined, ...words: string[]): Promise<string> {
  const socket = connect(port ?? 0, '127.0.0.1').setEncoding('utf8');
  try {
    await once(socket, 'connect');
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    socket.write(`*${words.length}\r\n${parts.join('')}`);
    const [reply]: unknown[] = await once(socket, 'data');
    return String(reply).trimEnd();
  } finally {
    socket.destroy();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
