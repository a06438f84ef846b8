import assert from 'node:assert/strict';
import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { afterShortLease, longLease, longRetention, secondConnection, shortLease } from '../fixtures.ts';
import { ask, claimOf, win } from './claiming.ts';

/** "Done" is remembered, for its retention and no longer. */
export const completionProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  {
    name: 'a completed key is done for everybody',
    async run(fixture) {
      const { store } = fixture;
      const other = await secondConnection(fixture);
      const claim = claimOf(await win(store, 'handled', { owner: 'first' }));
      assert.deepEqual(await store.completeMany([claim], { retention: longRetention }), [true]);
      assert.deepEqual(await ask(store, 'handled', { owner: 'first' }), { status: 'done' });
      assert.deepEqual(await ask(other, 'handled', { owner: 'second' }), { status: 'done' });
    },
  },
  {
    name: 'done outlives the lease of the claim',
    async run({ store, advance }) {
      const claim = claimOf(await win(store, 'handled', { lease: shortLease }));
      await store.completeMany([claim], { retention: longRetention });
      await advance(afterShortLease);
      assert.deepEqual(await ask(store, 'handled'), { status: 'done' });
    },
  },
  {
    name: 'completing again changes nothing and is confirmed',
    async run({ store }) {
      const claim = claimOf(await win(store, 'handled'));
      assert.deepEqual(await store.completeMany([claim], { retention: longRetention }), [true]);
      assert.deepEqual(await store.completeMany([claim, claim], { retention: longRetention }), [true, true]);
      assert.deepEqual(await ask(store, 'handled'), { status: 'done' });
    },
  },
  {
    name: 'a completed key can be neither extended nor released',
    async run({ store }) {
      const claim = claimOf(await win(store, 'handled'));
      await store.completeMany([claim], { retention: longRetention });
      assert.deepEqual(await store.extendMany([claim], { lease: longLease }), [false]);
      assert.deepEqual(await store.releaseMany([{ ...claim, counted: false }]), [false]);
      assert.deepEqual(await ask(store, 'handled'), { status: 'done' });
    },
  },
  {
    name: 'a completed key is forgotten after its retention',
    async run({ store, advance }) {
      // Many of them, the last one asked first: a store that clears up in passing has not come to it yet.
      const keys = Array.from({ length: 20 }, (_, index) => `handled-${index}`);
      for (const key of keys) {
        await store.completeMany([claimOf(await win(store, key))], { retention: shortLease });
      }
      await advance(afterShortLease);
      for (const key of keys.toReversed()) {
        const { attempt, takeover } = await win(store, key);
        assert.deepEqual({ attempt, takeover }, { attempt: 1, takeover: false });
      }
    },
  },
  {
    name: 'a key that was never claimed can be neither completed, extended nor released',
    async run({ store }) {
      const claim = { key: 'unknown', owner: 'me', fence: 1 };
      assert.deepEqual(await store.completeMany([claim], { retention: longRetention }), [false]);
      assert.deepEqual(await store.extendMany([claim], { lease: longLease }), [false]);
      assert.deepEqual(await store.releaseMany([{ ...claim, counted: true }]), [false]);
      assert.equal((await win(store, 'unknown')).attempt, 1);
    },
  },
  {
    name: 'one stale claim in a call does not spoil the others',
    async run({ store }) {
      const [first, last] = [claimOf(await win(store, 'first')), claimOf(await win(store, 'last'))];
      const stale = { ...claimOf(await win(store, 'middle')), fence: 0 };
      assert.deepEqual(await store.extendMany([first, stale, last], { lease: longLease }), [
        true,
        false,
        true,
      ]);
      assert.deepEqual(await store.completeMany([first, stale, last], { retention: longRetention }), [
        true,
        false,
        true,
      ]);
      const verdicts = await store.claimMany([{ key: 'first' }, { key: 'middle' }, { key: 'last' }], {
        owner: 'other',
        lease: longLease,
      });
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        ['done', 'busy', 'done'],
      );
    },
  },
];
