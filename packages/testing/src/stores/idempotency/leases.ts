import assert from 'node:assert/strict';
import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { afterShortLease, longLease, longRetention, secondConnection, shortLease } from '../fixtures.ts';
import { ask, claimOf, win } from './claiming.ts';

/** What happens to a claim whose owner says nothing more. */
export const leaseProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  {
    name: 'a claim whose lease ran out is taken over with a higher fence and one more attempt',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const lost = await win(fixture.store, 'abandoned', { owner: 'first', lease: shortLease });
      await fixture.advance(afterShortLease);
      const taken = await win(other, 'abandoned', { owner: 'second' });
      assert.equal(taken.takeover, true, 'the verdict says that it is a takeover');
      assert.equal(taken.attempt, 2);
      assert.ok(taken.fence > lost.fence, `fence ${taken.fence} is higher than ${lost.fence}`);
    },
  },
  {
    name: 'a claim whose lease ran out is taken over once',
    async run(fixture) {
      const other = await secondConnection(fixture);
      await win(fixture.store, 'abandoned', { owner: 'first', lease: shortLease });
      await fixture.advance(afterShortLease);
      const verdicts = await Promise.all([
        ask(fixture.store, 'abandoned', { owner: 'second' }),
        ask(other, 'abandoned', { owner: 'third' }),
      ]);
      assert.deepEqual(verdicts.map(({ status }) => status).sort(), ['busy', 'claimed']);
    },
  },
  {
    name: 'an extended lease holds beyond its first end',
    async run({ store, advance }) {
      const claim = await win(store, 'slow', { owner: 'first', lease: shortLease });
      assert.deepEqual(await store.extendMany([claimOf(claim)], { lease: longLease }), [true]);
      await advance(afterShortLease);
      assert.equal((await ask(store, 'slow', { owner: 'second' })).status, 'busy');
    },
  },
  {
    name: 'an extended lease ends when it was told to',
    async run({ store, advance }) {
      const claim = await win(store, 'slow', { owner: 'first', lease: longLease });
      assert.deepEqual(await store.extendMany([claimOf(claim)], { lease: shortLease }), [true]);
      await advance(afterShortLease);
      assert.equal((await win(store, 'slow', { owner: 'second' })).takeover, true);
    },
  },
  {
    name: 'work that ends after its lease counts when nobody has taken over',
    async run({ store, advance }) {
      const claim = await win(store, 'late', { owner: 'first', lease: shortLease });
      await advance(afterShortLease);
      assert.deepEqual(await store.completeMany([claimOf(claim)], { retention: longRetention }), [true]);
      assert.equal((await ask(store, 'late', { owner: 'second' })).status, 'done');
    },
  },
  {
    name: 'a stale owner can neither extend nor complete, and the new owner does not notice',
    async run(fixture) {
      const { store, advance } = fixture;
      const other = await secondConnection(fixture);
      const stale = claimOf(await win(store, 'lost', { owner: 'first', lease: shortLease }));
      await advance(afterShortLease);
      const current = claimOf(await win(other, 'lost', { owner: 'second' }));
      assert.deepEqual(
        await store.extendMany([stale], { lease: longLease }),
        [false],
        'a stale extend is refused',
      );
      assert.deepEqual(
        await store.completeMany([stale], { retention: longRetention }),
        [false],
        'a stale complete is refused',
      );
      assert.equal((await ask(store, 'lost', { owner: 'third' })).status, 'busy');
      assert.deepEqual(await other.completeMany([current], { retention: longRetention }), [true]);
      assert.deepEqual(
        await store.completeMany([stale], { retention: longRetention }),
        [false],
        'done by somebody else is not done by it',
      );
    },
  },
  {
    name: 'an earlier claim of the same owner is stale too',
    async run({ store, advance }) {
      const stale = claimOf(await win(store, 'again', { owner: 'me', lease: shortLease }));
      await advance(afterShortLease);
      const current = claimOf(await win(store, 'again', { owner: 'me' }));
      assert.deepEqual(await store.extendMany([stale], { lease: longLease }), [false]);
      assert.deepEqual(await store.completeMany([stale], { retention: longRetention }), [false]);
      assert.deepEqual(await store.releaseMany([{ ...stale, counted: true }]), [false]);
      assert.deepEqual(await store.completeMany([current], { retention: longRetention }), [true]);
    },
  },
  {
    name: 'somebody else with the right fence is refused',
    async run({ store }) {
      const claim = claimOf(await win(store, 'mine', { owner: 'me' }));
      const forged = { ...claim, owner: 'not me' };
      assert.deepEqual(await store.extendMany([forged], { lease: longLease }), [false]);
      assert.deepEqual(await store.completeMany([forged], { retention: longRetention }), [false]);
      assert.deepEqual(await store.releaseMany([{ ...forged, counted: true }]), [false]);
    },
  },
];
