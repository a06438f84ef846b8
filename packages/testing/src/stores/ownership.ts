import assert from 'node:assert/strict';
import type { Ownership, OwnershipLease } from '@millrace/core';
import type { ConformanceProperty } from '../conformance.ts';
import type { LeaseFixture } from './fixtures.ts';
import { afterShortLease, longLease, secondConnection, shortLease } from './fixtures.ts';

/** What has to hold for `Ownership`: one active owner, and a fence that grows with every change. */
export const ownershipProperties: readonly ConformanceProperty<LeaseFixture<Ownership>>[] = [
  {
    name: 'a name has one owner',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const lease = await acquire(fixture.store, 'first');
      assert.deepEqual({ name: lease.name, owner: lease.owner }, { name: 'source', owner: 'first' });
      assert.equal(await other.acquire('source', { owner: 'second', lease: longLease }), undefined);
    },
  },
  {
    name: 'of many who want a name at the same time exactly one gets it',
    async run(fixture) {
      const connections = [fixture.store, await secondConnection(fixture)];
      const leases = await Promise.all(
        Array.from({ length: 12 }, (_, candidate) =>
          (connections[candidate % 2] ?? fixture.store).acquire('source', {
            owner: `candidate-${candidate}`,
            lease: longLease,
          }),
        ),
      );
      assert.equal(leases.filter((lease) => lease !== undefined).length, 1);
    },
  },
  {
    name: 'names are owned apart from each other',
    async run({ store }) {
      await acquire(store, 'first');
      assert.ok(await store.acquire('another source', { owner: 'second', lease: longLease }));
    },
  },
  {
    name: 'the owner itself may acquire again',
    async run({ store }) {
      const before = await acquire(store, 'first');
      const after = await acquire(store, 'first');
      assert.ok(after.fence >= before.fence, `fence ${after.fence} is not lower than ${before.fence}`);
      assert.equal(await store.extend(after, { lease: longLease }), true);
    },
  },
  {
    name: 'a lease that ran out is taken over with a higher fence',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const before = await acquire(fixture.store, 'first', shortLease);
      await fixture.advance(afterShortLease);
      const after = await acquire(other, 'second');
      assert.ok(after.fence > before.fence, `fence ${after.fence} is higher than ${before.fence}`);
    },
  },
  {
    name: 'an extended lease holds beyond its first end, and ends when it was told to',
    async run({ store, advance }) {
      const held = await acquire(store, 'first', shortLease);
      assert.equal(await store.extend(held, { lease: longLease }), true);
      await advance(afterShortLease);
      assert.equal(await store.acquire('source', { owner: 'second', lease: longLease }), undefined);
      assert.equal(await store.extend(held, { lease: shortLease }), true);
      await advance(afterShortLease);
      await acquire(store, 'second');
    },
  },
  {
    name: 'a stale owner can neither extend nor release, and the new owner does not notice',
    async run(fixture) {
      const { store, advance } = fixture;
      const other = await secondConnection(fixture);
      const stale = await acquire(store, 'first', shortLease);
      await advance(afterShortLease);
      const current = await acquire(other, 'second');
      assert.equal(await store.extend(stale, { lease: longLease }), false, 'a stale extend is refused');
      await store.release(stale);
      assert.equal(await store.acquire('source', { owner: 'third', lease: longLease }), undefined);
      assert.equal(await other.extend(current, { lease: longLease }), true);
    },
  },
  {
    name: 'an earlier lease of the same owner is stale too',
    async run({ store, advance }) {
      const stale = await acquire(store, 'first', shortLease);
      await advance(afterShortLease);
      await acquire(store, 'second', shortLease);
      await advance(afterShortLease);
      const current = await acquire(store, 'first');
      assert.equal(await store.extend(stale, { lease: longLease }), false);
      await store.release(stale);
      assert.equal(await store.extend(current, { lease: longLease }), true);
    },
  },
  {
    name: 'a released name is free at once, and its fence goes on growing',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const before = await acquire(fixture.store, 'first');
      await fixture.store.release(before);
      await fixture.store.release(before);
      assert.equal(
        await fixture.store.extend(before, { lease: longLease }),
        false,
        'what was released is not extended',
      );
      const after = await acquire(other, 'second');
      assert.ok(after.fence > before.fence, `fence ${after.fence} is higher than ${before.fence}`);
    },
  },
];

async function acquire(store: Ownership, owner: string, lease = longLease): Promise<OwnershipLease> {
  const held = await store.acquire('source', { owner, lease });
  assert.ok(held, `${owner} should become the owner`);
  return held;
}
