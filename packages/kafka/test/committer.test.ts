import { manualClock } from '@millrace/testing';
import { expect, test } from 'vitest';
import type { KafkaMember, PartitionOffset } from '../src/index.ts';
import { createCommitter } from '../src/session/committer.ts';
import type { Lot } from '../src/session/lot.ts';
import { createLot } from '../src/session/lot.ts';

function lotOf(partition: number): Lot {
  const lot = createLot({ topic: 'orders', partition });
  lot.state = 'reading';
  return lot;
}

const turns = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise(setImmediate);
};

function open(settled: () => Promise<void> = async () => {}) {
  const clock = manualClock();
  const written: string[] = [];
  const commit = async (offsets: readonly PartitionOffset[]) => {
    written.push(offsets.map(({ partition, offset }) => `${partition}@${offset}`).join());
  };
  const stopping = new AbortController();
  const committer = createCommitter({
    member: () => ({ commit }) as KafkaMember,
    clock,
    signal: stopping.signal,
    settled,
    redivided: async () => {},
  });
  return { clock, written, committer, stopping };
}

test('what partitions reach soon after a commit goes with the next one, all together', async () => {
  const { clock, written, committer } = open();
  const [a, b] = [lotOf(0), lotOf(1)];
  await committer.commit(a, 1n);
  const more = [committer.commit(a, 2n), committer.commit(b, 5n)];
  await turns();
  more.push(committer.commit(a, 3n));
  expect(written).toEqual(['0@1']);
  await clock.advance(50);
  await Promise.all(more);
  expect(written).toEqual(['0@1', '0@3,1@5']);
});

test('who stops waits for no pace', async () => {
  const { written, committer, stopping } = open();
  const lot = lotOf(0);
  await committer.commit(lot, 1n);
  const last = committer.commit(lot, 2n);
  await turns();
  stopping.abort();
  await last;
  expect(written).toEqual(['0@1', '0@2']);
});

test('what waits for its time is written before the group is divided anew', async () => {
  let divided = Promise.withResolvers<void>();
  divided.resolve();
  const { written, committer } = open(() => divided.promise);
  const lot = lotOf(0);
  await committer.commit(lot, 1n);
  const waiting = committer.commit(lot, 2n);
  await turns();
  divided = Promise.withResolvers();
  committer.hurry();
  await waiting;
  expect(written).toEqual(['0@1', '0@2']);
});
