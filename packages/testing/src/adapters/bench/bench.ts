import assert from 'node:assert/strict';
import type { Capabilities, SourceSettings, Store } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import type { TestEvent } from '../../broker/event.ts';
import type { AdapterDestination, AdapterHarness, AdapterSubject } from '../harness.ts';
import type { History } from '../history/history.ts';
import { createHistory } from '../history/history.ts';
import { keepsNothing } from '../history/keeps-nothing.ts';
import type { BenchConsumer, BenchConsumerOptions } from './bench-consumer.ts';
import { benchConsumer } from './bench-consumer.ts';
import type { BenchLog } from './bench-log.ts';
import { benchLog } from './bench-log.ts';
import type { Time } from './time.ts';
import { benchTime } from './time.ts';

/** What a property works with: an adapter's harness, consumers under observation, and a history of what happens. */
export interface Bench extends Time {
  readonly harness: AdapterHarness;
  readonly capabilities: Capabilities;
  /** What nobody listens to, or was not finished when its reader stopped, does not come again. */
  readonly keepsNothing: boolean;
  readonly history: History;
  readonly log: BenchLog;
  /** Shared by the bench's consumers. */
  readonly store: Store;
  /** The same for all its consumers, unless they say otherwise. */
  readonly sourceName: string;
  /** Publishes one event for each name; `key` for all of them. */
  publish(names: readonly string[], event?: Partial<TestEvent>): Promise<void>;
  /** Publishes to somewhere else. */
  publishTo(
    destination: AdapterDestination,
    names: readonly string[],
    event?: Partial<TestEvent>,
  ): Promise<void>;
  /** A consumer that is not started yet. */
  consumer(options?: BenchConsumerOptions): BenchConsumer;
  /** One that is. */
  consume(options?: BenchConsumerOptions): Promise<BenchConsumer>;
  /** Publishes before anybody consumes, or after, where the broker keeps nothing for later. */
  consumeBacklog(publishing: () => Promise<void>, options?: BenchConsumerOptions): Promise<BenchConsumer>;
  /** Waits until all of these were handled, by one consumer or several together. */
  untilHandled(consumers: BenchConsumer | readonly BenchConsumer[], names: readonly string[]): Promise<void>;
  /** Waits until the broker holds nothing unsettled; returns at once where nothing is settled. */
  untilSettled(): Promise<void>;
  /** Says that something was done to the broker that explains repeated deliveries. */
  fault(what: string): void;
  /** Stops what still runs. */
  stop(): Promise<void>;
}

let benches = 0;

export function createBench({ capabilities }: AdapterSubject, harness: AdapterHarness): Bench {
  const time = benchTime(harness);
  const { clock } = time;
  const history = createHistory(() => clock.monotonic());
  const log = benchLog();
  const store = memoryStore({ clock });
  const consumers: BenchConsumer[] = [];
  benches += 1;
  const sourceName = `conformance-${benches}`;
  const sourceSettings: SourceSettings = {
    name: sourceName,
    ...(capabilities.replay !== 'none' && { start: 'earliest' }),
  };

  async function publishTo(
    destination: AdapterDestination,
    names: readonly string[],
    event: Partial<TestEvent> = {},
  ) {
    for (const name of names) history.add({ kind: 'published', event: name, key: event.key });
    await destination.publish(
      names.map((name) => ({
        id: `${sourceName}-${name}`,
        type: 'Conformance.checked',
        ...event,
        data: { event: name, ...(event.data as object | undefined) },
      })),
    );
  }

  const bench: Bench = {
    ...time,
    harness,
    capabilities,
    keepsNothing: keepsNothing(capabilities),
    history,
    log,
    store,
    sourceName,
    publishTo,
    publish: (names, event) => publishTo(harness, names, event),
    consumer(options = {}) {
      const label = `${options.name ?? 'billing'} ${consumers.length + 1}`;
      const made = benchConsumer(options, {
        label,
        source: (settings) => harness.source(settings),
        sourceSettings,
        store,
        history,
        clock,
        log,
      });
      consumers.push(made);
      return made;
    },
    async consume(options) {
      const made = bench.consumer(options);
      await made.consumer.start();
      return made;
    },
    async consumeBacklog(publishing, options) {
      if (!bench.keepsNothing) await publishing();
      const made = await bench.consume(options);
      if (bench.keepsNothing) await publishing();
      return made;
    },
    async untilHandled(who, names) {
      const handled = () => [who].flat().flatMap((it) => it.handled);
      await time.until(`${names.length} events to be handled`, () => {
        const seen = new Set(handled());
        return names.every((name) => seen.has(name));
      });
    },
    async untilSettled() {
      if (capabilities.settle === 'none') return;
      await time.until('the broker to hold nothing unsettled', async () => (await harness.remaining()) === 0);
    },
    fault: (what) => history.add({ kind: 'fault', what }),
    async stop() {
      const stopping = Promise.all(consumers.map(({ consumer }) => consumer.stop({ now: true })));
      await time.outlast('the consumers to stop', stopping);
    },
  };
  assert.deepEqual(
    harness.source(sourceSettings).capabilities,
    capabilities,
    'a source says other capabilities of itself than the harness says of it',
  );
  return bench;
}

/** Names of events: `a1`, `a2`, … */
export function named(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
}
