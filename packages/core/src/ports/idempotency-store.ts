/** What is asked for: the claim on one run of one handler for one event. */
export interface ClaimRequest {
  readonly key: string;
  /** A digest of the payload. When a record holds another one the verdict is `mismatch`. */
  readonly fingerprint?: string | undefined;
}

/** A claim that was won. Only its owner, with this fence, may extend, complete or release it. */
export interface Claim {
  readonly key: string;
  readonly owner: string;
  readonly fence: number;
}

export type ClaimVerdict =
  | {
      readonly status: 'claimed';
      /** Grows by one with each claim of the key; a stale owner's is lower than the current one. */
      readonly fence: number;
      /** Runs started for this key, this one included, less those released as not counted. */
      readonly attempt: number;
      /** The claim was taken from an owner whose lease had run out. */
      readonly takeover: boolean;
    }
  | { readonly status: 'done' }
  /** Somebody holds it; `remaining` is what is left of the lease, in milliseconds. */
  | { readonly status: 'busy'; readonly remaining: number }
  /** The key is known with another fingerprint. */
  | { readonly status: 'mismatch' }
  /** The store can't tell. Stores that can tell for no key at all reject with STORE_UNAVAILABLE instead. */
  | { readonly status: 'unavailable' };

export interface Release extends Claim {
  /** Whether the run counts as an attempt. A message given back unstarted does not. */
  readonly counted: boolean;
}

/**
 * Remembers which handler runs are under way and which are done.
 *
 * States of a key: absent → in progress (owner, lease, fence) → done (for a retention). A released key is free
 * again but keeps its fence and attempts. All calls take many keys and answer in their order; a key that stands
 * twice in one call is claimed once and `busy` the second time. A store that can't be reached rejects with
 * `MillraceError` STORE_UNAVAILABLE; it never guesses.
 */
export interface IdempotencyStore {
  claimMany(
    requests: readonly ClaimRequest[],
    options: { readonly owner: string; /** Milliseconds. */ readonly lease: number },
  ): Promise<readonly ClaimVerdict[]>;
  /** True: the record is done, by this owner and fence (also when it already was). False: it is no longer theirs. */
  completeMany(
    claims: readonly Claim[],
    options: { /** Milliseconds to remember "done". */ readonly retention: number },
  ): Promise<readonly boolean[]>;
  /** True: the lease now ends `lease` milliseconds from now. False: it is no longer theirs. */
  extendMany(claims: readonly Claim[], options: { readonly lease: number }): Promise<readonly boolean[]>;
  /** True: the key is free. False: it was no longer theirs, and stays as it is. */
  releaseMany(releases: readonly Release[]): Promise<readonly boolean[]>;
  /** For stores that live in the same database as users' effects. */
  readonly transactions?: TransactionalCompletion;
}

export interface TransactionalCompletion {
  /**
   * Writes "done" inside a transaction that the caller has open and will commit. Throws LEASE_LOST when the claim
   * is no longer the caller's, so that the transaction is rolled back.
   */
  complete(transaction: unknown, claim: Claim, options: { readonly retention: number }): void | Promise<void>;
  /** Tells which claims are recorded as done by their owner and fence: whether the transaction was committed. */
  areDone(claims: readonly Claim[]): Promise<readonly boolean[]>;
}
