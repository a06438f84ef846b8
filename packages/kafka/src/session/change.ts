/** Something that changes, and somebody who waits for it. */
export interface Change {
  /** Resolves with the next change. To be asked before looking at what changes. */
  next(): Promise<void>;
  tell(): void;
}

export function createChange(): Change {
  let change = Promise.withResolvers<void>();
  return {
    next: () => change.promise,
    tell() {
      change.resolve();
      change = Promise.withResolvers();
    },
  };
}
