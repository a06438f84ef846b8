import assert from 'node:assert/strict';
import type { Claim, TransactionalCompletion } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ConformanceProperty } from '../conformance.ts';
import type { StoreTransaction, TransactionFixture } from './fixtures.ts';
import { afterShortLease, longLease, longRetention, shortLease } from './fixtures.ts';
import { ask, claimOf, win } from './idempotency/claiming.ts';

/** What has to hold for the `transactions` of an `IdempotencyStore`: effect and "done" are there together or not at all. */
export const transactionalCompletionProperties: readonly ConformanceProperty<TransactionFixture>[] = [
  {
    name: 'a committed transaction leaves its effect and "done"',
    async run(fixture) {
      const claim = claimOf(await win(fixture.store, 'paid'));
      const transaction = await beginWithEffect(fixture, 'paid');
      await complete(fixture, transaction, claim);
      await transaction.commit();
      assert.deepEqual(await fixture.effects(), ['paid']);
      assert.deepEqual(await transactions(fixture).areDone([claim]), [true]);
      assert.deepEqual(await ask(fixture.store, 'paid', { owner: 'other' }), { status: 'done' });
    },
  },
  {
    name: 'a transaction that is rolled back leaves neither, and the claim goes on',
    async run(fixture) {
      const claim = claimOf(await win(fixture.store, 'paid'));
      const failed = await beginWithEffect(fixture, 'failed');
      await complete(fixture, failed, claim);
      await failed.rollBack();
      assert.deepEqual(await fixture.effects(), []);
      assert.deepEqual(await transactions(fixture).areDone([claim]), [false]);
      assert.equal((await ask(fixture.store, 'paid', { owner: 'other' })).status, 'busy');
      assert.deepEqual(
        await fixture.store.extendMany([claim], { lease: longLease }),
        [true],
        'the claim is not lost',
      );

      const again = await beginWithEffect(fixture, 'paid');
      await complete(fixture, again, claim);
      await again.commit();
      assert.deepEqual(await fixture.effects(), ['paid']);
      assert.deepEqual(await transactions(fixture).areDone([claim]), [true]);
    },
  },
  {
    name: 'a stale owner is told so in its transaction, and its effect is rolled back',
    async run(fixture) {
      const stale = claimOf(await win(fixture.store, 'slow', { owner: 'first', lease: shortLease }));
      await fixture.advance(afterShortLease);
      const current = claimOf(await win(fixture.store, 'slow', { owner: 'second' }));

      const late = await beginWithEffect(fixture, 'first');
      await assertLeaseLost(() => complete(fixture, late, stale));
      await late.rollBack();

      const timely = await beginWithEffect(fixture, 'second');
      await complete(fixture, timely, current);
      await timely.commit();
      assert.deepEqual(await fixture.effects(), ['second']);
      assert.deepEqual(await transactions(fixture).areDone([stale, current]), [false, true]);
    },
  },
  {
    name: 'a claim that was released or is done already is not completed in a transaction',
    async run(fixture) {
      const released = claimOf(await win(fixture.store, 'released'));
      await fixture.store.releaseMany([{ ...released, counted: true }]);
      const done = claimOf(await win(fixture.store, 'done'));
      await fixture.store.completeMany([done], { retention: longRetention });
      for (const claim of [released, done]) {
        const transaction = await beginWithEffect(fixture, 'second time');
        await assertLeaseLost(() => complete(fixture, transaction, claim));
        await transaction.rollBack();
      }
      assert.deepEqual(await fixture.effects(), []);
    },
  },
  {
    name: 'a claim whose lease ran out is completed in a transaction when nobody has taken over',
    async run(fixture) {
      const claim = claimOf(await win(fixture.store, 'late', { lease: shortLease }));
      await fixture.advance(afterShortLease);
      const transaction = await beginWithEffect(fixture, 'late');
      await complete(fixture, transaction, claim);
      await transaction.commit();
      assert.deepEqual(await transactions(fixture).areDone([claim]), [true]);
    },
  },
  {
    name: 'whether claims are done is told by owner and fence',
    async run(fixture) {
      const claim = claimOf(await win(fixture.store, 'handled'));
      const open = claimOf(await win(fixture.store, 'open'));
      await fixture.store.completeMany([claim], { retention: longRetention });
      const asked = [
        claim,
        { ...claim, owner: 'other' },
        { ...claim, fence: claim.fence + 1 },
        open,
        { ...claim, key: 'unknown' },
      ];
      assert.deepEqual(await transactions(fixture).areDone(asked), [true, false, false, false, false]);
    },
  },
  {
    name: 'what is not a transaction is refused',
    async run(fixture) {
      const claim = claimOf(await win(fixture.store, 'handled'));
      for (const handle of [undefined, null, {}, 'BEGIN']) {
        await assert.rejects(
          async () => transactions(fixture).complete(handle, claim, { retention: longRetention }),
          (error: unknown) => isMillraceError(error, 'TRANSACTION_UNSUPPORTED'),
          `${JSON.stringify(handle)} should be refused with TRANSACTION_UNSUPPORTED`,
        );
      }
      assert.deepEqual(await transactions(fixture).areDone([claim]), [false]);
    },
  },
];

function transactions({ store }: TransactionFixture): TransactionalCompletion {
  assert.ok(store.transactions, 'the store offers transactions');
  return store.transactions;
}

async function beginWithEffect(fixture: TransactionFixture, effect: string): Promise<StoreTransaction> {
  const transaction = await fixture.begin();
  await transaction.writeEffect(effect);
  return transaction;
}

async function complete(
  fixture: TransactionFixture,
  { handle }: StoreTransaction,
  claim: Claim,
): Promise<void> {
  await transactions(fixture).complete(handle, claim, { retention: longRetention });
}

async function assertLeaseLost(work: () => Promise<void>): Promise<void> {
  await assert.rejects(
    work,
    (error: unknown) => isMillraceError(error, 'LEASE_LOST'),
    'completing in a transaction should fail with LEASE_LOST',
  );
}
