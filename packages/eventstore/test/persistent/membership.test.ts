import { PassThrough } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import type { Group } from '../../src/persistent/group.ts';
import { joinGroup } from '../../src/persistent/membership.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Loose: a promise that is kept for each of them takes more. */
const bytesEach = 40;
const acks = 100_000;

/** A subscription that takes all acks, and stays. */
function stayingGroup(): Group {
  const subscription = Object.assign(new PassThrough({ objectMode: true }), {
    ack: async () => {},
    nack: async () => {},
    unsubscribe: async () => {},
  });
  return { title: 'Group "billing"', subscribe: () => subscription } as unknown as Group;
}

it('keeps nothing of what the server was told', async () => {
  const membership = joinGroup(stayingGroup(), 10);
  await membership.tell('ack', []);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  for (let told = 0; told < acks; told += 1) await membership.tell('ack', []);
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / acks).toBeLessThan(bytesEach);
});
