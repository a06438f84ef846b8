import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manualClock } from '@millrace/testing';
import { Redis } from 'ioredis';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { needsRedis } from '../../../../scripts/servers/needs-redis.ts';
import { redisReplayGuard } from '../../src/guards/redis-replay-guard.ts';
import { sqliteReplayGuard } from '../../src/guards/sqlite-replay-guard.ts';
import { createSecret } from '../../src/wire/auth/secrets-file.ts';
import { hmacAuth } from '../../src/wire/auth/hmac.ts';
import type { ReplayGuard, RevocableReplayGuard } from '../../src/wire/auth/replay-guard.ts';
import { deadPort, serveRaw } from '../outgoing/servers.ts';

/** Of ten that come at once with the same proof, over both, one gets through. */
async function raceFor(guards: readonly ReplayGuard[]): Promise<void> {
  for (const proof of ['', 'proof', 'x'.repeat(100_000), 'lone \ud800 surrogate', 'nul \0 byte']) {
    const answers = await Promise.all(
      [...guards, ...guards, ...guards].map((guard) => guard.remember(proof, 60_000)),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
  }
}

/** What is taken back is as if it had never been seen, by both. */
async function takeBack([one, other]: readonly RevocableReplayGuard[]): Promise<void> {
  if (!one || !other) throw new Error('unreachable');
  expect(await other.has('proof')).toBe(false);
  expect(await one.remember('proof', 60_000)).toBe(true);
  expect(await other.has('proof')).toBe(true);
  await other.forget('proof');
  await other.forget('proof');
  expect(await one.has('proof')).toBe(false);
  expect(await one.remember('proof', 60_000)).toBe(true);
}

/** What one broadcaster took, another does not take. */
async function replayAgainst([one, other]: readonly ReplayGuard[]): Promise<void> {
  if (!one || !other) throw new Error('unreachable');
  const secrets = [createSecret('hmac').secret];
  const check = { kind: 'check', url: 'http://one.example/' } as const;
  const nothing = new Uint8Array();
  const proof = await hmacAuth({ secrets }).sign(check, nothing);
  expect(await hmacAuth({ secrets, guard: one }).verify(check, nothing, proof)).toBe('accepted');
  expect(await hmacAuth({ secrets, guard: other }).verify(check, nothing, proof)).toBe('refused');
}

describe('in SQLite', () => {
  async function openTwo(clock = manualClock()) {
    const folder = await mkdtemp(join(tmpdir(), 'millrace-guard-'));
    const path = join(folder, 'proofs.db');
    const guards = [sqliteReplayGuard({ path, clock }), sqliteReplayGuard({ path, clock })];
    onTestFinished(async () => {
      for (const guard of guards) guard.close();
      await rm(folder, { recursive: true });
    });
    return guards;
  }

  test('a proof is new once', async () => expect(raceFor(await openTwo())).resolves.toBeUndefined());

  test('a replay against another process is refused', async () =>
    expect(replayAgainst(await openTwo())).resolves.toBeUndefined());

  test('a proof can be taken back', async () => expect(takeBack(await openTwo())).resolves.toBeUndefined());

  test('a proof may be used again when its time is over, not a millisecond before', async () => {
    const clock = manualClock();
    const [guard] = await openTwo(clock);
    expect(await guard?.remember('proof', 1_000)).toBe(true);
    await clock.advance(999);
    expect(await guard?.remember('proof', 1_000)).toBe(false);
    await clock.advance(1);
    expect(await guard?.remember('proof', 1_000)).toBe(true);
  });

  test('what can not be told is not accepted', async () => {
    const [guard] = await openTwo();
    guard?.close();
    await expect(guard?.remember('proof', 1)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    if (!guard) throw new Error('unreachable');
    const auth = hmacAuth({ secrets: [createSecret('hmac').secret], guard });
    const check = { kind: 'check', url: 'http://one.example/' } as const;
    const proof = await auth.sign(check, new Uint8Array());
    expect(await auth.verify(check, new Uint8Array(), proof)).toBe('unavailable');
  });

  test.each(['', ':memory:', 'file:x'])('PUBSUB_OPTIONS for the path "%s"', (path) => {
    expect(() => sqliteReplayGuard({ path })).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
  });
});

describe('in Redis', needsRedis(), () => {
  function openTwo() {
    const [server] = inject('redis').servers;
    const prefix = `test-${crypto.randomUUID()}`;
    return [1, 2].map(() => {
      const client = new Redis({ ...server });
      onTestFinished(() => client.disconnect());
      return redisReplayGuard({ client, prefix });
    });
  }

  test('a proof is new once', async () => expect(raceFor(openTwo())).resolves.toBeUndefined());

  test('a replay against another process is refused', async () =>
    expect(replayAgainst(openTwo())).resolves.toBeUndefined());

  test('a proof can be taken back', async () => expect(takeBack(openTwo())).resolves.toBeUndefined());

  test('a Redis that is not there, or says nothing, is STORE_UNAVAILABLE in time', async () => {
    const silent = await serveRaw(() => {});
    for (const port of [await deadPort(), silent.port]) {
      // As users have it: what can't be sent waits, without an end.
      const client = new Redis({ port, maxRetriesPerRequest: null });
      client.on('error', () => {});
      onTestFinished(() => client.disconnect());
      const guard = redisReplayGuard({ client, timeout: 200 });
      await expect(guard.remember('proof', 1_000)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    }
  });
});
