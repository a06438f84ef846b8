import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../scripts/servers/free-port.ts';
import { needsRedis } from '../../../scripts/servers/needs-redis.ts';
import { findRedis } from '../../../scripts/servers/redis-binary.ts';
import { startServer } from '../../../scripts/servers/server-process.ts';
import { redisStore } from '../src/index.ts';
import { ownPrefix } from './support/kinds.ts';
import { launch, stopAll } from './support/test-servers.ts';
import { until } from './support/until.ts';

/** A Sentinel that watches over the primary `main`, and promotes its replica half a second after it is gone. */
async function startSentinel(primary: number): Promise<number> {
  const binary = await findRedis();
  if ('missing' in binary) throw new Error(binary.missing);
  const folder = await mkdtemp(join(tmpdir(), 'millrace-sentinel-'));
  const port = await freePort();
  const file = join(folder, 'sentinel.conf');
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 2000',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const sentinel = await startServer({
    command: binary.path,
    args: [file, '--sentinel'],
    env: binary.env,
    ready: /\+monitor/,
  });
  onTestFinished(async () => {
    await sentinel.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return port;
}

describe('redisStore by Sentinel', needsRedis(), () => {
  test('goes on with the replica when its primary is gone, and knows what was done', async () => {
    const primary = await launch(async () => ['--repl-diskless-sync-delay', '0']);
    const replica = await launch(async () => ['--replicaof', '127.0.0.1', String(primary.port)]);
    onTestFinished(() => stopAll([primary, replica]));
    const sentinel = await startSentinel(primary.port);
    const client = { sentinels: [{ host: '127.0.0.1', port: sentinel }], name: 'main' };
    const store = redisStore({ client, prefix: ownPrefix(), timeout: 2_000 });
    onTestFinished(() => store.close());
    const { idempotency } = store;
    const owner = 'one';

    const claimed = await settled(() => idempotency.claimMany([{ key: 'a' }], { owner, lease: 60_000 }));
    expect(claimed).toMatchObject([{ status: 'claimed', fence: 1 }]);
    const claim = { key: 'a', owner, fence: 1 };
    expect(await idempotency.completeMany([claim], { retention: 60_000 })).toEqual([true]);
    // A failover loses what is not replicated yet: the README says that much, and it is not what is tested here.
    const admin = new Redis(primary.url);
    await until(async () => (await admin.wait(1, 100)) === 1);
    admin.disconnect();
    await primary.stop();

    const again = await settled(() =>
      idempotency.claimMany([{ key: 'a' }], { owner: 'other', lease: 60_000 }),
    );
    expect(again).toEqual([{ status: 'done' }]);
    const next = await settled(() =>
      idempotency.claimMany([{ key: 'b' }], { owner: 'other', lease: 60_000 }),
    );
    expect(next).toMatchObject([{ status: 'claimed' }]);
  });
});

/** The answer, as soon as there is one: until a primary is known calls reject. */
async function settled<T>(call: () => Promise<T>): Promise<T> {
  let answer: { readonly value: T } | undefined;
  await until(async () => {
    answer = await call().then(
      (value) => ({ value }),
      () => undefined,
    );
    return answer !== undefined;
  });
  if (answer === undefined) throw new Error('No answer came.');
  return answer.value;
}
