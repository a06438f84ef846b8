import type { Logger } from './log.ts';

/** What a handler gets beside the message. Its parts may be taken out: `async ({ data }, { signal, defer }) => …`. */
export interface HandlerContext {
  /** Name of the handler. */
  readonly handler: string;
  /** Aborts on timeout, on a lost lease and at the end of a drain; its `reason` is a MillraceError. */
  readonly signal: AbortSignal;
  /** Adds source, handler, message id and attempt to each line. */
  readonly log: Logger;
  /** Which run of this handler for this event it is, from 1. */
  readonly attempt: number;
  /** An earlier run may have had an effect: it failed, timed out, or its process died. */
  readonly redelivered: boolean;
  /** The same for each run of this handler for this event: make the effect conditional on it. */
  readonly idempotencyKey: string;
  /** Grows with each claim of the key, so that a resource can refuse a stale run. Undefined without an idempotency store. */
  readonly fence: number | undefined;
  /** Not now: run again after `milliseconds`. Does not count as an attempt. Takes effect when the handler has ended, whichever way. */
  defer(milliseconds: number): void;
  /** Never: dead-letter the event with this cause, without further attempts. Takes effect when the handler has ended, whichever way. */
  reject(cause: unknown): void;
  /**
   * Where the source says `commit: 'manual'`: the replay marker may move past this event, and past all before it, once
   * they are handled. May be called later, such as when a buffer is written. Does nothing elsewhere.
   */
  commit(): void;
  /**
   * Writes "done" inside the caller's open transaction, so that effect and record are committed together and a
   * crash at any moment leaves the effect exactly once. Throws LEASE_LOST when another run has taken over (roll
   * back), TRANSACTION_UNSUPPORTED when the store does not live in that database.
   */
  complete(transaction: unknown): void | Promise<void>;
}
