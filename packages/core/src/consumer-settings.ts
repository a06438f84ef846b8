import { randomUUID } from 'node:crypto';

import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';
import { MillraceError } from './errors.ts';
import type { Logger } from './log.ts';
import { consoleLogger, safeLogger } from './log.ts';
import type { Message } from './message.ts';
import type { Middleware } from './middleware.ts';
import { optionChecks } from './option-checks.ts';
import type { DeadLetterStore } from './ports/dead-letter-store.ts';
import type { IdempotencyStore } from './ports/idempotency-store.ts';
import type { Ownership } from './ports/ownership.ts';
import type { MapLike, ReplayStorage } from './ports/replay-storage.ts';
import { replayStorageFromMap } from './ports/replay-storage.ts';
import type { RetryOptions } from './retry.ts';
import { checkRetryOptions } from './retry-policy.ts';
import type { Source } from './source.ts';
import { checkSources } from './source-settings.ts';

export interface IdempotencyOptions {
  /**
   * Milliseconds that a claim holds without being extended. Handlers may run longer: it is extended while they do.
   * @default 30_000
   */
  readonly lease?: number;
  /**
   * Milliseconds that "done" is remembered: longer than a duplicate can still appear.
   * @default 604_800_000 (7 days)
   */
  readonly retention?: number;
  /**
   * While the store does not answer: `pause` holds what was received and takes in nothing new; `process` goes on,
   * and events may take effect twice.
   * @default 'pause'
   */
  readonly onUnavailable?: 'pause' | 'process';
  /** A digest of the payload. An event with a known key and another digest is dead-lettered as a mismatch. */
  readonly fingerprint?: (message: Message) => string;
}

/** Where a consumer keeps what it must remember. A backend gives all parts; each can be replaced. */
export interface StoreParts {
  /** Left out: every event is handled at least once, duplicates included. */
  readonly idempotency?: IdempotencyStore | undefined;
  readonly deadLetters: DeadLetterStore;
  /** Needed by sources that have positions. A plain `Map` will do. */
  readonly replay?: ReplayStorage | MapLike | undefined;
  /** Needed by sources that allow only one consumer at a time: elects the one that reads. */
  readonly ownership?: Ownership | undefined;
}

export interface ConsumerOptions {
  /** Names the group of processes that share the work; part of every key in the stores. */
  readonly name: string;
  readonly sources: readonly Source[];
  /** Instances with `@handler` methods, and registries, which are read now: what is added to one later is not seen. */
  readonly handlers?: readonly object[];
  readonly store: StoreParts;
  readonly idempotency?: IdempotencyOptions;
  /** Around every handler, the first outermost. */
  readonly middleware?: readonly Middleware[];
  /** For handlers and sources that set none. */
  readonly retry?: RetryOptions;
  /**
   * Milliseconds that a handler may take; `false` for no bound.
   * @default 60_000
   */
  readonly timeout?: number | false;
  /**
   * Milliseconds that handlers may go on when the consumer stops, before their signals abort. Stopping takes at
   * most about 9 seconds more: 1 for handlers to heed their signal, the rest for a store or broker that hangs.
   * @default 20_000
   */
  readonly drainTimeout?: number;
  /** Replay markers are written after so many settled messages of a channel, or so many milliseconds. */
  readonly markers?: {
    /** @default 100 */
    readonly every?: number;
    /** @default 1_000 */
    readonly interval?: number;
  };
  /**
   * When a source fails for good: `stop` drains the consumer and `run()` rejects; `continue` leaves the others running.
   * @default 'stop'
   */
  readonly onSourceFailure?: 'stop' | 'continue';
  /** @default JSON lines on standard error, from level info */
  readonly log?: Logger;
  readonly clock?: Clock;
  /** Like `Math.random`. */
  readonly random?: () => number;
}

export interface ConsumerSettings {
  readonly name: string;
  /** Of the claims of this process. */
  readonly owner: string;
  readonly idempotency: IdempotencyStore | undefined;
  readonly deadLetters: DeadLetterStore;
  readonly replay: ReplayStorage | undefined;
  readonly ownership: Ownership | undefined;
  readonly lease: number;
  readonly retention: number;
  readonly onUnavailable: 'pause' | 'process';
  readonly fingerprint: ((message: Message) => string) | undefined;
  readonly middleware: readonly Middleware[];
  readonly retry: RetryOptions;
  readonly timeout: number | false;
  readonly drainTimeout: number;
  readonly markerEvery: number;
  readonly markerInterval: number;
  readonly onSourceFailure: 'stop' | 'continue';
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

export function readConsumerOptions(options: ConsumerOptions): ConsumerSettings {
  checkConsumerOptions(options);
  const { name, store, idempotency = {} } = options;
  return {
    name,
    owner: `${name}#${process.pid}#${randomUUID()}`,
    idempotency: store.idempotency,
    deadLetters: store.deadLetters,
    replay: toReplayStorage(store.replay),
    ownership: store.ownership,
    lease: idempotency.lease ?? 30_000,
    retention: idempotency.retention ?? 7 * 24 * 3_600_000,
    onUnavailable: idempotency.onUnavailable ?? 'pause',
    fingerprint: idempotency.fingerprint,
    middleware: options.middleware ?? [],
    retry: options.retry ?? {},
    timeout: options.timeout ?? 60_000,
    drainTimeout: options.drainTimeout ?? 20_000,
    markerEvery: options.markers?.every ?? 100,
    markerInterval: options.markers?.interval ?? 1_000,
    onSourceFailure: options.onSourceFailure ?? 'stop',
    log: safeLogger(options.log ?? consoleLogger()),
    clock: options.clock ?? systemClock,
    random: options.random ?? Math.random,
  };
}

function checkConsumerOptions(options: ConsumerOptions): void {
  const check = optionChecks(invalid);
  check.object('what it takes', options ?? null);
  const { name, sources, handlers, store, idempotency, markers } = options;
  check.text('name', name ?? '');
  checkSources(sources);
  if (handlers !== undefined && !(Array.isArray(handlers) && handlers.every(isInstance))) {
    throw invalid(
      '"handlers" must be a list of registries and of instances with @handler methods, such as [new Orders()]',
    );
  }
  if (typeof store?.deadLetters?.putMany !== 'function') {
    throw invalid(
      '"store" must keep dead letters; memoryStore() keeps everything in memory, sqliteStore(path) in a file',
    );
  }
  check.methods('store.idempotency', store.idempotency, [
    'claimMany',
    'completeMany',
    'extendMany',
    'releaseMany',
  ]);
  check.methods(
    'store.replay',
    store.replay,
    isReplayStorage(store.replay) ? ['load', 'save'] : ['get', 'set'],
  );
  check.methods('store.ownership', store.ownership, ['acquire', 'extend', 'release']);
  check.object('"idempotency"', idempotency);
  check.milliseconds('idempotency.lease', idempotency?.lease, { least: 1 });
  check.milliseconds('idempotency.retention', idempotency?.retention, {
    least: 1,
    most: Number.MAX_SAFE_INTEGER,
  });
  check.oneOf('idempotency.onUnavailable', idempotency?.onUnavailable, ['pause', 'process']);
  check.function('idempotency.fingerprint', idempotency?.fingerprint);
  check.functions('middleware', options.middleware);
  checkRetryOptions(check, options.retry);
  if (options.timeout !== false) check.milliseconds('timeout', options.timeout, { least: 1 });
  check.milliseconds('drainTimeout', options.drainTimeout);
  check.object('"markers"', markers);
  check.wholeNumber('markers.every', markers?.every, 1);
  check.milliseconds('markers.interval', markers?.interval);
  check.oneOf('onSourceFailure', options.onSourceFailure, ['stop', 'continue']);
  check.methods('log', options.log, ['debug', 'info', 'warn', 'error']);
  check.methods('clock', options.clock, ['now', 'monotonic', 'setTimeout']);
  check.function('random', options.random);
}

function isInstance(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isReplayStorage(storage: ReplayStorage | MapLike | undefined): storage is ReplayStorage {
  return typeof storage === 'object' && storage !== null && 'load' in storage;
}

function toReplayStorage(storage: ReplayStorage | MapLike | undefined): ReplayStorage | undefined {
  return storage === undefined || isReplayStorage(storage) ? storage : replayStorageFromMap(storage);
}

function invalid(problem: string): MillraceError {
  return new MillraceError('CONSUMER_OPTIONS', `createConsumer: ${problem}.`);
}
