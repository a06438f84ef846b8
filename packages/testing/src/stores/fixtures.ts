import type { IdempotencyStore } from '@millrace/core';

/** A store to look at: fresh and empty, and nobody else's. */
export interface StoreFixture<Port> {
  readonly store: Port;
  /**
   * Another way to the same data, as a second process has it. The properties about several owners then use both.
   * Leave it out when the data live in one object.
   */
  readonly connect?: () => Promise<Port>;
  readonly close: () => Promise<void>;
}

export interface LeaseFixture<Port> extends StoreFixture<Port> {
  /**
   * Lets time pass for the store: turn its clock, or wait when the clock is somebody else's. The properties ask for
   * less than a second at a time.
   */
  readonly advance: (milliseconds: number) => Promise<void>;
}

export interface TransactionFixture extends LeaseFixture<IdempotencyStore> {
  /** Begins a transaction in the database where the store lives. */
  readonly begin: () => Promise<StoreTransaction>;
  /** All effects that were committed, oldest first. */
  readonly effects: () => Promise<readonly string[]>;
}

export interface StoreTransaction {
  /** What `TransactionalCompletion.complete` takes. */
  readonly handle: unknown;
  /** Writes something of the user's. */
  readonly writeEffect: (name: string) => Promise<void>;
  readonly commit: () => Promise<void>;
  readonly rollBack: () => Promise<void>;
}

/** A lease that does not run out while a property looks at it, in milliseconds. */
export const longLease = 60_000;

/** A lease that runs out. Nothing is asserted that needs it to be still held. */
export const shortLease = 200;

/** Time enough for a short lease, or a retention of that length, to end. */
export const afterShortLease = shortLease + 20;

/** A retention that does not end while a property looks at it, in milliseconds. */
export const longRetention = 600_000;

/** The second way to the data, or the first again where there is only one. */
export async function secondConnection<Port>(fixture: StoreFixture<Port>): Promise<Port> {
  return (await fixture.connect?.()) ?? fixture.store;
}
