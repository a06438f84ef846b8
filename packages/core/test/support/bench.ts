import { onTestFinished } from 'vitest';

import type { Consumer } from '../../src/consumer.ts';
import { createConsumer } from '../../src/consumer.ts';
import type { ConsumerOptions } from '../../src/consumer-settings.ts';
import type { Source } from '../../src/source.ts';
import type { MapLike } from '../../src/ports/replay-storage.ts';
import type { Store } from '../../src/ports/store.ts';
import { memoryStore } from '../../src/stores/memory/memory-store.ts';
import type { Fault } from './fault.ts';
import { breakable } from './fault.ts';
import type { ManualClock } from './manual-clock.ts';
import { manualClock } from './manual-clock.ts';
import type { LogLine } from './recording-log.ts';
import { recordingLog } from './recording-log.ts';

export interface Bench {
  readonly consumer: Consumer;
  readonly clock: ManualClock;
  readonly store: Store;
  /** What the parts of the store do when the consumer calls them. */
  readonly faults: {
    readonly idempotency: Fault;
    readonly deadLetters: Fault;
    readonly replay: Fault;
    readonly ownership: Fault;
  };
  /** Names of the answered store calls, in order. */
  readonly journal: string[];
  readonly log: { readonly lines: readonly LogLine[] };
  /** Lets everything run that does not wait for time. */
  idle(): Promise<void>;
}

export interface BenchOptions extends Partial<Omit<ConsumerOptions, 'sources' | 'store' | 'clock'>> {
  readonly clock?: ManualClock;
  readonly store?: Store;
  /** In place of the store's. */
  readonly replay?: MapLike;
  readonly journal?: string[];
  /** Without an idempotency store. */
  readonly forgetful?: boolean;
}

/** A consumer on a clock that stands still and a store that can be broken. It is stopped when the test ends. */
export function bench(sources: Source | readonly Source[], options: BenchOptions = {}): Bench {
  const { clock = manualClock(), journal = [], forgetful = false, ...rest } = options;
  const store = options.store ?? memoryStore({ clock });
  const idempotency = breakable(store.idempotency, journal);
  const deadLetters = breakable(store.deadLetters, journal);
  const replay = breakable(store.replay, journal);
  const ownership = breakable(store.ownership, journal);
  const log = recordingLog();
  const consumer = createConsumer({
    name: 'billing',
    log,
    // Full jitter drawn at its bound, so that a test can say when.
    random: () => 1,
    ...rest,
    sources: [sources].flat(),
    store: {
      deadLetters,
      replay: options.replay ?? replay,
      idempotency: forgetful ? undefined : idempotency,
      ownership,
    },
    clock,
  });
  onTestFinished(async () => {
    for (const { fault } of [idempotency, deadLetters, replay, ownership]) fault.condition = 'up';
    const stopped = consumer.stop({ now: true });
    await clock.advance(60_000);
    await stopped;
  });
  return {
    consumer,
    clock,
    store,
    faults: {
      idempotency: idempotency.fault,
      deadLetters: deadLetters.fault,
      replay: replay.fault,
      ownership: ownership.fault,
    },
    journal,
    log,
    idle: () => clock.advance(0),
  };
}
