/** Something that changes, and somebody who waits for it. */
export interface Change {
  /** Resolves with the next change. To be asked before looking at what changes. */
  next(): Promise<void>;
  tell(): void;
}

export function createChange(): Change {
  /** Only where somebody waits: much changes that nobody waits for. */
  let change: PromiseWithResolvers<void> | undefined;
  return {
    next() {
      change ??= Promise.withResolvers();
      return change.promise;
    },
    tell() {
      change?.resolve();
      change = undefined;
    },
  };
}
