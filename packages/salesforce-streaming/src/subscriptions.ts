import type { StartPosition } from '@millrace/core';

/** One channel that is wanted. */
export interface Subscription {
  /** As it is subscribed to, the filter of a PushTopic included: `/topic/Open?Status=New`. */
  readonly subscription: string;
  /** Without a filter. */
  readonly channel: string;
  readonly start: StartPosition | undefined;
  readonly onInvalidPosition: 'earliest' | 'latest' | 'fail';
}

/** The channels of a source, which may change while it runs. */
export interface Subscriptions {
  readonly all: readonly Subscription[];
  /** Calls back after each change; the returned function ends that. */
  onChange(listener: () => void): () => void;
}
