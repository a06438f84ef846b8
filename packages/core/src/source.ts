import type { Clock } from './clock.ts';
import type { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import type { Incoming, Position } from './message.ts';
import type { RetryOptions } from './retry.ts';

/** What a broker can do, as far as core must know. Tests hold an adapter to it. */
export interface Capabilities {
  /** `none`: the source has no per-message settlement, only positions. */
  readonly settle: 'none' | 'ack' | 'ack+nack' | 'ack+nack+reject';
  /** Whether the broker itself delivers a message again after `retry`, and whether it waits as told. `none`: core retries in place. */
  readonly redelivery: 'none' | 'immediate' | 'delayed';
  /** The longest delay the broker takes, in milliseconds. */
  readonly maxRetryDelay?: number;
  /** Whether `Incoming.deliveryCount` is given. */
  readonly deliveryCount: 'native' | 'none';
  /**
   * What is told to be dead is kept by the broker, which may hand it out again. A duplicate of it is then told to be dead, too,
   * for whoever gave up on it may have died before the broker heard of it.
   * @default false
   */
  readonly parks?: boolean;
  /** What is kept in order: nothing, messages with the same key, or all of a channel. */
  readonly order: 'none' | 'perKey' | 'perChannel';
  /** `opaque`: core keeps the marker in a replay storage. `broker`: the session's `commit` does. */
  readonly position: 'none' | 'opaque' | 'broker';
  /** Whether old messages can be read again. */
  readonly replay: 'none' | 'retention' | 'all';
  /** Only one consumer may be connected at a time. */
  readonly exclusive: boolean;
  /** A received message belongs to the consumer only for a time. */
  readonly lease?: {
    /** What a received message starts with. */
    readonly milliseconds: number;
    /** The most that extending can reach, counted from the receive. Equal to `milliseconds` when it can't be extended. */
    readonly maximum: number;
  };
  /** Settlements are handed over when `size` are ready or `linger` milliseconds after the first. */
  readonly settleBatch: { readonly size: number; readonly linger: number };
}

/** Room for messages, given out by core. Whoever fetches reserves first, so memory is bounded whatever the broker sends. */
export interface Demand {
  /** Waits until there is room, then reserves up to `max`; resolves with 0 when the source stops. Each message yielded uses one up. */
  reserve(max: number): Promise<number>;
  /** Reserves up to `max` of what is free now, without waiting. */
  tryReserve(max: number): number;
  /** Gives back what a fetch did not use. */
  cancel(count: number): void;
}

export type Settlement = { readonly incoming: Incoming } & (
  | { readonly outcome: 'done' }
  /** Deliver again after `delay` milliseconds. */
  | { readonly outcome: 'retry'; readonly delay: number; readonly cause: unknown }
  /** Give back untouched: it was never started. */
  | { readonly outcome: 'release' }
  /** Given up on. The dead letter is stored already: the broker may forget the message. */
  | { readonly outcome: 'dead'; readonly cause: unknown }
);

export interface SettleFailure {
  readonly incoming: Incoming;
  readonly error: MillraceError;
  /** True: the message is no longer ours, trying again is of no use. */
  readonly final: boolean;
}

export type StartPosition = 'latest' | 'earliest' | { readonly after: Position } | { readonly at: Date };

/** The broker has passed a position of a channel without a message for us, such as a quiet stretch or what a filter left out. */
export interface Passed {
  readonly channel: string;
  readonly position: Position;
}

/** Events may have been missed, or come once more, because reading could not go on where it had stopped. */
export interface Gap {
  readonly channel: string;
  /** Where reading should have gone on. */
  readonly position?: Position | undefined;
  /** Where it goes on instead. */
  readonly resumed: 'earliest' | 'latest';
  readonly cause: MillraceError;
}

/** Settings that every source has; adapters extend their options with these. */
export interface SourceSettings {
  /**
   * Name of the source, unique in the consumer.
   * @default the broker's name for it
   */
  readonly name?: string;
  /**
   * Messages handled at the same time.
   * @default 16
   */
  readonly concurrency?: number;
  /**
   * Messages received ahead of those being handled. At no time are there more than `concurrency + prefetch`.
   * @default the same as `concurrency`
   */
  readonly prefetch?: number;
  /** Retry policy for handlers that set none. */
  readonly retry?: RetryOptions;
  /**
   * What becomes of an event that no handler takes.
   * @default `dead-letter`; `ignore` where the source can be replayed
   */
  readonly unhandled?: 'dead-letter' | 'ignore';
  /**
   * What happens to the results of `verify`.
   * @default 'fail'
   */
  readonly verify?: 'fail' | 'warn' | 'off';
  /**
   * Where to start when there is no replay marker.
   * @default 'latest'
   */
  readonly start?: StartPosition;
  /**
   * What to do when the broker no longer has the marker's position.
   * @default 'fail'
   */
  readonly onInvalidPosition?: 'earliest' | 'latest' | 'fail';
  /**
   * `automatic`: a replay marker moves past an event when its handlers are done. `manual`: when, besides, a handler
   * has called `context.commit()` for it or for a later event of the channel.
   * @default 'automatic'
   */
  readonly commit?: 'automatic' | 'manual';
}

export interface SourceContext {
  readonly consumer: string;
  /** Whether the consumer's start waits for this open. If not, this is another try, or a takeover from another consumer. */
  readonly starting: boolean;
  /** Aborts when intake has to stop: end `receive`, keep `settle` working. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  /** Like `Math.random`. */
  readonly random: () => number;
  /**
   * Where to go on reading the channel: after its marker, else where the settings say. `scope` is that of the session,
   * for channels of the same name that are not the same.
   */
  start(channel: string, scope?: string): Promise<StartPosition>;
  /** Makes a gap known: in the log, in the health report and on the diagnostics channel. */
  gap(gap: Gap): void;
  /**
   * Channels are no longer this consumer's, such as partitions in a rebalance: what of them was not started is dropped, what
   * runs gets `within` milliseconds to end before its signal aborts, and no marker of them is written any more. Their
   * events come again to whom they are given, here too. Call it before yielding an event of a channel that came back.
   */
  revoked(channels: readonly string[], options?: { readonly within?: number }): void;
  /** Call after every successful fetch, empty ones included. Makes the source `ready`. */
  fetched(): void;
  /** Call when fetching fails but will be tried again. Makes the source `degraded`, visibly. */
  degraded(reason: MillraceError): void;
}

/** What the registered handlers need of the source, for checks at start. */
export interface VerifyContext {
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Types and patterns with handlers on this source. */
  readonly patterns: readonly string[];
  /** Whether a default handler takes the rest. */
  readonly takesAll: boolean;
  /** The longest handler timeout in milliseconds. */
  readonly handlerTimeout: number;
  /** The most attempts of any handler. */
  readonly attempts: number;
  /** How long "done" is remembered, in milliseconds; undefined without an idempotency store. */
  readonly retention: number | undefined;
}

/** One thing looked at before the first message. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** The code of the error that a failed check stands for. */
  readonly code?: string;
  /** What is wrong. */
  readonly problem?: string;
  /** What to do about it. */
  readonly remedy?: string;
  /** False: worth a warning, never a reason not to start. */
  readonly fatal?: boolean;
}

/** One thing an adapter reads from. An adapter has three duties: open, receive, settle. The rest is optional and found by presence. */
export interface Source {
  readonly name: string;
  readonly capabilities: Capabilities;
  readonly settings: SourceSettings;
  /**
   * Connects. A reject fails the start. When core opens again after a broken session, or takes over from another
   * consumer, a MillraceError means that trying is of no use and the source has failed; anything else is tried again
   * with a backoff.
   */
  open(context: SourceContext): Promise<SourceSession>;
  /** Do the broker-side resources and permissions exist? */
  verify?(context: VerifyContext): AsyncIterable<Check>;
  /** Types and patterns that the broker sends to this source; undefined when it can't be told. */
  eventTypes?(context: VerifyContext): Promise<readonly string[] | undefined>;
}

export interface SourceSession {
  /**
   * Yields what the broker sends, never more than was reserved, in the broker's order; in between, positions that it
   * has passed, to which markers move when all before is settled. Ends soon after the
   * context's signal aborts; what a last fetch still brings is yielded, and core gives it back. A throw means that
   * the session is broken: core finishes what runs, closes, and opens a new one.
   */
  receive(demand: Demand): AsyncIterable<readonly Incoming[] | Passed>;
  /** Tells the broker what became of messages. Answers those that failed; a reject means all of them, and another try. */
  settle(settlements: readonly Settlement[]): Promise<readonly SettleFailure[] | void>;
  /** Lets go of connections. Works while `receive` is blocked, and twice. */
  close(): Promise<void>;
  /** Prolongs the lease of messages to `milliseconds` from now. */
  extend?(messages: readonly Incoming[], milliseconds: number): Promise<readonly SettleFailure[] | void>;
  /**
   * These have left core without a settlement that counts: their lease or claim was lost, or settling them failed for good. Whoever
   * waits for what becomes of them can be told that nobody here will say.
   */
  letGo?(messages: readonly Incoming[]): void;
  /** How many messages the broker still has for this session, those handed out included. For sources that can tell at once. */
  pending?(): number;
  /** What the channels' positions belong to, such as an account: part of the key of their markers. */
  readonly scope?: string | undefined;
  /** What the adapter has to tell in the health report: plain data, no secrets. */
  details?(): Readonly<Record<string, unknown>>;
  /** Keeps the marker of a channel at the broker. */
  commit?(channel: string, position: Position): Promise<void>;
}
