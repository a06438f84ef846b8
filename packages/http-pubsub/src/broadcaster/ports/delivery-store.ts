import type { PublishedMessage } from './message.ts';

/** One message that is still to reach one subscriber. */
export interface NewDelivery {
  /** Made by the broadcaster; putting it again changes nothing. */
  readonly id: string;
  readonly url: string;
  readonly recovery: string | undefined;
  /** How often it was tried. */
  readonly attempts: number;
  /** Why the last try failed, in words without secrets. */
  readonly failure: string | undefined;
  /** Milliseconds until it is due. Undefined: it is being tried now, so it is put as leased. */
  readonly delay: number | undefined;
}

/** A hint that something of a topic was missed: one for a recovery URL and topic, however much it was. */
export interface NewHint {
  readonly url: string;
  readonly recovery: string;
  readonly topic: Uint8Array;
  /** Milliseconds until it is due. */
  readonly delay: number;
}

/** Only its owner, with this fence, may settle what is leased. */
export interface Lease {
  readonly id: string;
  readonly owner: string;
  readonly fence: number;
}

export interface LeasedDelivery extends Lease {
  readonly kind: 'message';
  readonly url: string;
  readonly recovery: string | undefined;
  readonly attempts: number;
  readonly message: PublishedMessage;
}

export interface LeasedHint extends Lease {
  readonly kind: 'missed';
  readonly url: string;
  readonly recovery: string;
  readonly topic: Uint8Array;
  readonly attempts: number;
}

export interface LeaseRequest {
  readonly owner: string;
  /** Milliseconds. */
  readonly lease: number;
  readonly limit: number;
  /** At most so many for a URL, counted in this call: a dead subscriber must not keep others waiting. */
  readonly perUrl: number;
}

/**
 * What is to be tried again. A row is waiting until it is due, then whoever leases it has it alone; a lease that runs out
 * makes it due again, with a higher fence. The body of a message is kept once, for as long as a delivery, a dead letter or
 * the replay log refers to it.
 *
 * Times are given as delays, and counted by the store. Every call is atomic, and rejects when it can't be done.
 */
export interface DeliveryStore {
  /**
   * Keeps the message and its deliveries; those under way with a lease of `owner` and fence 1. Resolves only when they are
   * kept. `full`: there is no room, and nothing was kept. An id that is there stays as it is.
   */
  put(
    message: PublishedMessage,
    deliveries: readonly NewDelivery[],
    holder: { readonly owner: string; /** Milliseconds. */ readonly lease: number },
  ): Promise<'kept' | 'full'>;
  /**
   * A hint for the same recovery URL and topic that is waiting stays as it is. One that is leased is made to wait anew, with a
   * higher fence, due after the new delay and with its attempts: what is being said now was said before this was missed.
   */
  putHints(hints: readonly NewHint[]): Promise<void>;
  /** What is due, longest first. */
  lease(request: LeaseRequest): Promise<readonly (LeasedDelivery | LeasedHint)[]>;
  /** It is over: the subscriber has it, or nothing more is to be done. False: it is no longer theirs. */
  complete(lease: Lease): Promise<boolean>;
  /** Gives it back, due after `delay`. False: it is no longer theirs. */
  reschedule(
    lease: Lease,
    next: {
      /** Milliseconds. */
      readonly delay: number;
      readonly attempts: number;
      readonly failure: string | undefined;
    },
  ): Promise<boolean>;
  /** Makes a dead letter of a delivery. A hint is dropped by `complete`. False: it is no longer theirs. */
  bury(
    lease: Lease,
    death: { readonly attempts: number; readonly failure: string; readonly diedAt: number },
  ): Promise<boolean>;
  /** Milliseconds until something is due or a lease runs out, 0 if something is; undefined when there is nothing. */
  nextDue(): Promise<number | undefined>;
  counts(): Promise<DeliveryCounts>;
}

export interface DeliveryCounts {
  /** Deliveries that are waiting or leased. */
  readonly deliveries: number;
  /** Hints that are waiting or leased. */
  readonly hints: number;
  readonly deadLetters: number;
  /** Bytes of the bodies that are kept. */
  readonly bytes: number;
}
