/** Everything that a subscriber URL has subscribed to. */
export interface SubscriptionSet {
  readonly exact: readonly ExactSubscription[];
  readonly globs: readonly GlobSubscription[];
}

export interface ExactSubscription {
  readonly topic: Uint8Array;
  readonly recovery: string | undefined;
}

export interface GlobSubscription {
  readonly glob: string;
  readonly recovery: string | undefined;
}

/** By bytes, as the protocol wants it: JavaScript compares texts by their UTF-16 units, which is another order. */
export function inOrder({ exact, globs }: SubscriptionSet): SubscriptionSet {
  return {
    exact: exact.toSorted((one, other) => Buffer.compare(one.topic, other.topic)),
    globs: globs.toSorted((one, other) => Buffer.compare(Buffer.from(one.glob), Buffer.from(other.glob))),
  };
}
