import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { memoryReplayGuard } from '../../wire/auth/replay-guard.ts';
import type { GlobDialect } from '../../wire/glob/glob.ts';
import type { BroadcasterStore } from '../ports/broadcaster-store.ts';
import { memoryBodies } from './bodies.ts';
import { memoryDeliveries } from './deliveries.ts';
import { memoryReplayLog } from './replay-log.ts';
import type { Row } from './rows.ts';
import { memorySubscriptions } from './subscriptions.ts';
import { memoryUndelivered } from './undelivered.ts';

export interface MemoryBroadcasterStoreOptions {
  /** @default 'segments' */
  readonly dialect?: GlobDialect;
  /**
   * Subscriptions of all URLs together.
   * @default 100_000
   */
  readonly maxSubscriptions?: number;
  /**
   * Deliveries that wait, hints and dead letters together.
   * @default 100_000
   */
  readonly maxDeliveries?: number;
  /**
   * Bytes of the bodies that wait, are logged, or are dead letters.
   * @default 268_435_456, which are 256 MiB
   */
  readonly maxBytes?: number;
  /** @default the system's */
  readonly clock?: Clock;
}

/** All in this process, and gone with it. */
export function memoryBroadcasterStore(options: MemoryBroadcasterStoreOptions = {}): BroadcasterStore {
  const { dialect = 'segments', clock = systemClock } = options;
  const { maxSubscriptions = 100_000, maxDeliveries = 100_000, maxBytes = 256 * 2 ** 20 } = options;
  const rows = new Map<string, Row>();
  const bodies = memoryBodies();
  return {
    subscriptions: memorySubscriptions({ dialect, most: maxSubscriptions, clock }),
    deliveries: memoryDeliveries({ clock, rows, bodies, mostRows: maxDeliveries, mostBytes: maxBytes }),
    undelivered: memoryUndelivered(rows, bodies, clock),
    log: memoryReplayLog(bodies, clock),
    replayGuard: memoryReplayGuard(clock),
    async close() {},
  };
}
