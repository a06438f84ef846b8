import { memoryStore } from '@millrace/core';
import { expect, test } from 'vitest';

import { idempotencyContender } from '../src/idempotency/contender.ts';
import type { Guard } from '../src/idempotency/guard.ts';
import { unguarded } from '../src/idempotency/guard.ts';
import { storeGuard } from '../src/idempotency/store-guard.ts';
import { measureRounds } from '../src/measure/rounds.ts';

const small = { messages: 25, warmUps: 1, samples: 2, progress() {} };
const noServer = async () => {};

function measure(guard: Guard) {
  return measureRounds([idempotencyContender('guarded', 10, async () => guard)], small);
}

test('what is claimed elsewhere is neither handled nor settled', async () => {
  const { idempotency } = memoryStore();
  await idempotency.claimMany([{ key: 'b' }], { owner: 'another', lease: 1_000 });
  const guard = storeGuard(idempotency, noServer);
  const handled: string[] = [];
  const batch = ['a', 'b', 'c'].map((key, number) => ({ key, number }));
  const settled = await guard.handle(batch, async ({ key }) => void handled.push(key));
  expect(handled).toEqual(['a', 'c']);
  expect(settled.map(({ key }) => key)).toEqual(['a', 'c']);
});

test('every message of every trial is guarded to its end', async () => {
  const samples = await measure(storeGuard(memoryStore().idempotency, noServer));
  expect(samples.get('guarded')).toHaveLength(2);
});

test('a store that refuses to complete a message of each batch has no result', async () => {
  const { idempotency } = memoryStore();
  const refusing = {
    ...idempotency,
    completeMany: async (...asked: Parameters<typeof idempotency.completeMany>) =>
      (await idempotency.completeMany(...asked)).map((done, index) => done && index !== 3),
  };
  await expect(measure(storeGuard(refusing, noServer))).rejects.toMatchObject({
    cause: { message: '3 of 25 messages were not settled.' },
  });
});

test('a guard that skips the handler has no result', async () => {
  const idle: Guard = { ...unguarded, handle: async (batch) => batch };
  await expect(measure(idle)).rejects.toMatchObject({
    cause: { message: 'Of 25 messages 25 were never handled and 0 more than once.' },
  });
});
