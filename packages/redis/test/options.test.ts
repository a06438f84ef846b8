import { inspect } from 'node:util';
import { isMillraceError } from '@millrace/core';
import { expect, onTestFinished, test } from 'vitest';
import type { RedisStoreOptions } from '../src/index.ts';
import { quorumStore, redisStore, redlockStore } from '../src/index.ts';

const url = 'redis://127.0.0.1:1';

/** What users without types may give. */
const wrong: readonly (readonly [string, object])[] = [
  ['no Redis', {}],
  ['a URL that is none', { client: 'somewhere' }],
  ['a URL of something else', { client: 'https://user:geheim@redis.example' }],
  ['a number', { client: 6379 }],
  ['an empty prefix', { client: url, prefix: '' }],
  ['a prefix with a hash tag', { client: url, prefix: '{a}' }],
  ['a prefix that can not be sent', { client: url, prefix: 'a\ud83d' }],
  ['a timeout of 0', { client: url, timeout: 0 }],
  ['a timeout that no timer takes', { client: url, timeout: 2 ** 31 }],
  ['a timeout in words', { client: url, connectTimeout: '1s' }],
  ['a retention of nothing', { client: url, abandonedRetention: Number.NaN }],
];

test.each(wrong)('%s is refused', (_, options) => {
  const error = refusal(() => redisStore(options as RedisStoreOptions));
  expect(isMillraceError(error, 'REDIS_OPTIONS'), String(error)).toBe(true);
  expect(inspect(error)).not.toContain('geheim');
});

test.each([quorumStore, redlockStore])('%o takes an odd number of nodes from 3 on', (open) => {
  for (const count of [0, 1, 2, 4, 6]) {
    const error = refusal(() => open({ clients: Array.from({ length: count }, () => url) }));
    expect(isMillraceError(error, 'REDIS_NODE_COUNT'), `${count} nodes`).toBe(true);
  }
  for (const count of [3, 5]) {
    const store = open({ clients: Array.from({ length: count }, () => url) });
    onTestFinished(() => store.close());
  }
});

test('a password is in no error and no warning', async () => {
  const lines: unknown[] = [];
  const keep = (...line: unknown[]) => lines.push(line);
  const log = { debug: keep, info: keep, warn: keep, error: keep };
  const store = redisStore({ client: 'redis://user:geheim@127.0.0.1:1', log });
  onTestFinished(() => store.close());
  const error = await store.replay.load('k').catch((thrown: unknown) => thrown);
  expect(isMillraceError(error, 'STORE_UNAVAILABLE')).toBe(true);
  lines.push(error, await store.verify());
  expect(inspect(lines, { depth: 20, showHidden: true })).not.toContain('geheim');
  expect(inspect(lines, { depth: 20 })).toContain('127.0.0.1:1');
});

function refusal(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}
