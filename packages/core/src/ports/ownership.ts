/** A lease on being the only one, with a number that grows with every change of owner. */
export interface OwnershipLease {
  readonly name: string;
  readonly owner: string;
  readonly fence: number;
}

/** Elects the single active owner of a source that allows only one. */
export interface Ownership {
  /** Undefined: somebody else holds it. */
  acquire(
    name: string,
    options: { readonly owner: string; readonly lease: number },
  ): Promise<OwnershipLease | undefined>;
  /** False: it is no longer theirs. */
  extend(lease: OwnershipLease, options: { readonly lease: number }): Promise<boolean>;
  /** Does nothing when it is no longer theirs. */
  release(lease: OwnershipLease): Promise<void>;
}
