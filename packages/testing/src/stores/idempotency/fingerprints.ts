import assert from 'node:assert/strict';
import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { afterShortLease, longRetention, shortLease } from '../fixtures.ts';
import { ask, claimOf, win } from './claiming.ts';

/** The same id with another payload is not a duplicate. */
export const fingerprintProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  {
    name: 'hole (b): an identical duplicate is done, not refused, after completion with a fingerprint',
    async run({ store }) {
      const claim = claimOf(await win(store, 'order', { fingerprint: 'same' }));
      await store.completeMany([claim], { retention: longRetention });
      assert.deepEqual(await ask(store, 'order', { fingerprint: 'same' }), { status: 'done' });
    },
  },
  {
    name: 'another payload under a completed key is a mismatch',
    async run({ store }) {
      const claim = claimOf(await win(store, 'order', { fingerprint: 'first' }));
      await store.completeMany([claim], { retention: longRetention });
      assert.deepEqual(await ask(store, 'order', { fingerprint: 'second' }), { status: 'mismatch' });
    },
  },
  {
    name: 'another payload under a claimed key is a mismatch, and the claim stays as it is',
    async run({ store }) {
      const claim = claimOf(await win(store, 'order', { owner: 'first', fingerprint: 'first' }));
      assert.deepEqual(await ask(store, 'order', { owner: 'second', fingerprint: 'second' }), {
        status: 'mismatch',
      });
      assert.equal((await ask(store, 'order', { owner: 'second', fingerprint: 'first' })).status, 'busy');
      assert.deepEqual(await store.completeMany([claim], { retention: longRetention }), [true]);
    },
  },
  {
    name: 'another payload does not take over an abandoned claim',
    async run({ store, advance }) {
      await win(store, 'order', { fingerprint: 'first', lease: shortLease });
      await advance(afterShortLease);
      assert.deepEqual(await ask(store, 'order', { fingerprint: 'second' }), { status: 'mismatch' });
      const taken = await win(store, 'order', { fingerprint: 'first' });
      assert.deepEqual({ attempt: taken.attempt, takeover: taken.takeover }, { attempt: 2, takeover: true });
    },
  },
  {
    name: 'a released key takes another payload: it may have been mended',
    async run({ store }) {
      const claim = claimOf(await win(store, 'order', { fingerprint: 'broken' }));
      await store.releaseMany([{ ...claim, counted: true }]);
      const mended = await win(store, 'order', { fingerprint: 'mended' });
      assert.equal(mended.attempt, 2);
      await store.completeMany([claimOf(mended)], { retention: longRetention });
      assert.deepEqual(await ask(store, 'order', { fingerprint: 'mended' }), { status: 'done' });
      assert.deepEqual(await ask(store, 'order', { fingerprint: 'broken' }), { status: 'mismatch' });
    },
  },
  {
    name: 'without a fingerprint on one side there is no mismatch',
    async run({ store }) {
      const withFingerprint = claimOf(await win(store, 'with', { fingerprint: 'known' }));
      const without = claimOf(await win(store, 'without'));
      assert.equal((await ask(store, 'with')).status, 'busy');
      assert.equal((await ask(store, 'without', { fingerprint: 'any' })).status, 'busy');
      await store.completeMany([withFingerprint, without], { retention: longRetention });
      assert.deepEqual(await ask(store, 'with'), { status: 'done' });
      assert.deepEqual(await ask(store, 'without', { fingerprint: 'any' }), { status: 'done' });
    },
  },
];
