import assert from 'node:assert/strict';
import type { Store } from '@millrace/core';
import type { ConformanceProperty, ConformanceTest } from '../conformance.ts';
import { conformanceTests } from '../conformance.ts';
import { deadLetterStoreProperties } from './dead-letters/dead-letter-store.ts';
import type { LeaseFixture, TransactionFixture } from './fixtures.ts';
import { idempotencyStoreProperties } from './idempotency/idempotency-store.ts';
import { ownershipProperties } from './ownership.ts';
import { replayStorageProperties } from './replay-storage.ts';
import { transactionalCompletionProperties } from './transactional-completion.ts';

export interface StoreSubject {
  /** Called for each property. */
  readonly create: () => Promise<LeaseFixture<Store>>;
  /**
   * For stores whose `idempotency` has `transactions`. A store without this is held to having none, so that nothing
   * is offered that was never looked at.
   */
  readonly createTransactional?: () => Promise<TransactionFixture>;
}

/** All that has to hold for a `Store` with fencing in each of its parts. */
export function storeConformance({ create, createTransactional }: StoreSubject): readonly ConformanceTest[] {
  const of =
    <Port>(part: (store: Store) => Port) =>
    async () =>
      partOf(await create(), part);
  return [
    ...named(
      'idempotency',
      conformanceTests(
        idempotencyStoreProperties,
        of((store) => store.idempotency),
      ),
    ),
    ...named(
      'transactions',
      createTransactional === undefined
        ? conformanceTests([offersNoTransactions], create)
        : conformanceTests(transactionalCompletionProperties, createTransactional),
    ),
    ...named(
      'replay',
      conformanceTests(
        replayStorageProperties({ fencing: true }),
        of((store) => store.replay),
      ),
    ),
    ...named(
      'dead letters',
      conformanceTests(
        deadLetterStoreProperties,
        of((store) => store.deadLetters),
      ),
    ),
    ...named(
      'ownership',
      conformanceTests(
        ownershipProperties,
        of((store) => store.ownership),
      ),
    ),
  ];
}

function partOf<Port>(fixture: LeaseFixture<Store>, part: (store: Store) => Port): LeaseFixture<Port> {
  const { store, advance, connect, close } = fixture;
  const connectPart = connect && { connect: async () => part(await connect()) };
  return { store: part(store), advance, close, ...connectPart };
}

function named(part: string, tests: readonly ConformanceTest[]): readonly ConformanceTest[] {
  return tests.map(({ name, run }) => ({ name: `${part}: ${name}`, run }));
}

const offersNoTransactions: ConformanceProperty<LeaseFixture<Store>> = {
  name: 'none are offered without being put to the test',
  async run({ store }) {
    assert.equal(
      store.idempotency.transactions,
      undefined,
      'give createTransactional for a store with transactions',
    );
  },
};
