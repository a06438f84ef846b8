import assert from 'node:assert/strict';
import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { afterShortLease, longLease, longRetention, secondConnection, shortLease } from '../fixtures.ts';
import { ask, claimOf, win } from './claiming.ts';

/** A failed run frees its key; what was learnt of it stays. */
export const releaseProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  {
    name: 'a released key is free at once, for a further attempt with a higher fence',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const failed = await win(fixture.store, 'failed', { owner: 'first' });
      assert.deepEqual(await fixture.store.releaseMany([{ ...claimOf(failed), counted: true }]), [true]);
      const next = await win(other, 'failed', { owner: 'second' });
      assert.ok(next.fence > failed.fence, `fence ${next.fence} is higher than ${failed.fence}`);
      assert.deepEqual({ attempt: next.attempt, takeover: next.takeover }, { attempt: 2, takeover: false });
    },
  },
  {
    name: 'attempts and fence grow through releases and takeovers',
    async run({ store, advance }) {
      let fence = 0;
      for (const attempt of [1, 2, 3, 4, 5]) {
        const claim = await win(store, 'unlucky', { owner: `owner-${attempt}`, lease: shortLease });
        assert.equal(claim.attempt, attempt);
        assert.ok(claim.fence > fence, `fence ${claim.fence} is higher than ${fence}`);
        ({ fence } = claim);
        if (attempt % 2 === 0) await advance(afterShortLease);
        else await store.releaseMany([{ ...claimOf(claim), counted: true }]);
      }
    },
  },
  {
    name: 'a release that is not counted gives its attempt back, but not its fence',
    async run({ store }) {
      const failed = await win(store, 'drained');
      await store.releaseMany([{ ...claimOf(failed), counted: true }]);
      const unstarted = await win(store, 'drained');
      await store.releaseMany([{ ...claimOf(unstarted), counted: false }]);
      const next = await win(store, 'drained');
      assert.equal(next.attempt, 2, 'one run failed before this one');
      assert.ok(next.fence > unstarted.fence, `fence ${next.fence} is higher than ${unstarted.fence}`);
    },
  },
  {
    name: 'releasing twice is refused and counts once',
    async run({ store }) {
      const claim = claimOf(await win(store, 'drained'));
      const release = { ...claim, counted: false };
      assert.deepEqual(await store.releaseMany([release, release]), [true, false]);
      assert.deepEqual(await store.releaseMany([release]), [false]);
      assert.equal((await win(store, 'drained')).attempt, 1);
    },
  },
  {
    name: 'a released claim can be neither extended nor completed',
    async run({ store }) {
      const claim = claimOf(await win(store, 'failed'));
      await store.releaseMany([{ ...claim, counted: true }]);
      assert.deepEqual(await store.extendMany([claim], { lease: longLease }), [false]);
      assert.deepEqual(await store.completeMany([claim], { retention: longRetention }), [false]);
      await win(store, 'failed');
    },
  },
  {
    name: "hole (c): a stale owner's late failure leaves the new owner's claim alone",
    async run(fixture) {
      const { store, advance } = fixture;
      const other = await secondConnection(fixture);
      const stale = claimOf(await win(store, 'slow', { owner: 'first', lease: shortLease }));
      await advance(afterShortLease);
      const current = claimOf(await win(other, 'slow', { owner: 'second' }));
      assert.deepEqual(
        await store.releaseMany([{ ...stale, counted: true }]),
        [false],
        'a stale release is refused',
      );
      assert.equal(
        (await ask(store, 'slow', { owner: 'third' })).status,
        'busy',
        'nobody gets in beside the new owner',
      );
      assert.deepEqual(await other.completeMany([current], { retention: longRetention }), [true]);
      assert.deepEqual(await store.releaseMany([{ ...stale, counted: true }]), [false]);
      assert.deepEqual(await ask(store, 'slow', { owner: 'third' }), { status: 'done' });
    },
  },
  {
    name: 'one stale release in a call does not spoil the others',
    async run({ store }) {
      const [first, last] = [claimOf(await win(store, 'first')), claimOf(await win(store, 'last'))];
      const stale = { ...claimOf(await win(store, 'middle')), fence: 0 };
      const releases = [first, stale, last].map((claim) => ({ ...claim, counted: true }));
      assert.deepEqual(await store.releaseMany(releases), [true, false, true]);
      const requests = [{ key: 'first' }, { key: 'middle' }, { key: 'last' }];
      const verdicts = await store.claimMany(requests, { owner: 'other', lease: longLease });
      assert.deepEqual(
        verdicts.map(({ status }) => status),
        ['claimed', 'busy', 'claimed'],
      );
    },
  },
];
