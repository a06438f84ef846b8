import type {
  Clock,
  Consumer,
  ConsumerOptions,
  HandlerContext,
  Message,
  Source,
  SourceSettings,
  Store,
} from '@millrace/core';
import { createConsumer } from '@millrace/core';
import type { History } from '../history/history.ts';
import { eventNameOf, recordingSource } from '../history/recording-source.ts';
import { recordingStore } from '../history/recording-store.ts';
import type { BenchLog } from './bench-log.ts';

/** One run of the handler. */
export interface BenchRun {
  readonly event: string;
  readonly message: Message;
  readonly context: HandlerContext;
}

export type BenchHandler = (run: BenchRun) => void | Promise<void>;

/** A consumer under observation. Its one handler takes every type. */
export interface BenchConsumer {
  /** What the history calls it. */
  readonly label: string;
  readonly consumer: Consumer;
  /** Runs that were started, in order. */
  readonly runs: readonly BenchRun[];
  /** Names of the events whose runs ended without an error, in order. */
  readonly handled: readonly string[];
  stop(options?: { readonly now?: boolean }): Promise<void>;
  /** Dies as a process does: from one moment to the next nothing of it reaches broker or stores, only its connection ends. */
  crash(): Promise<void>;
}

export interface BenchConsumerOptions extends Partial<
  Omit<ConsumerOptions, 'sources' | 'handlers' | 'clock'>
> {
  readonly handle?: BenchHandler;
  readonly settings?: SourceSettings;
  /** @default the bench's destination */
  readonly source?: (settings: SourceSettings) => Source;
}

/** How long what a dead consumer held stays its own, in milliseconds. */
export const claimLease = 2_000;

export interface BenchConsumerParts {
  readonly label: string;
  readonly source: (settings: SourceSettings) => Source;
  readonly sourceSettings: SourceSettings;
  readonly store: Store;
  readonly history: History;
  readonly clock: Clock;
  readonly log: BenchLog;
}

export function benchConsumer(options: BenchConsumerOptions, parts: BenchConsumerParts): BenchConsumer {
  const {
    handle = () => {},
    settings,
    source = parts.source,
    name: group = 'billing',
    ...consumerOptions
  } = options;
  const { history, label } = parts;
  const by = { consumer: label, group };
  const death = new AbortController();
  const sessions = new Set<() => Promise<void>>();
  const runs: BenchRun[] = [];
  const handled: string[] = [];
  const sourceSettings = { ...parts.sourceSettings, ...settings };
  const made = source(sourceSettings);
  const { concurrency = 16, prefetch = concurrency } = made.settings;
  const recording = { history, ...by, room: concurrency + prefetch, dead: death.signal };

  const consumer = createConsumer({
    name: group,
    random: () => 1,
    markers: { every: 1 },
    idempotency: { lease: claimLease },
    log: parts.log,
    clock: parts.clock,
    store: parts.store,
    ...consumerOptions,
    ...(consumerOptions.store === undefined && { store: recordingStore(parts.store, recording) }),
    sources: [recordingSource(closable(made, sessions), recording)],
  });
  consumer.on({ name: 'all' }, async (message, context) => {
    const event = eventNameOf(message);
    const run = { event, message, context };
    runs.push(run);
    history.add({ kind: 'started', ...by, event, attempt: context.attempt });
    try {
      await handle(run);
    } catch (error) {
      history.add({ kind: 'ended', ...by, event, result: 'failed' });
      throw error;
    }
    handled.push(event);
    history.add({ kind: 'ended', ...by, event, result: 'done' });
  });

  return {
    label,
    consumer,
    runs,
    handled,
    async stop(stopOptions) {
      history.add({ kind: 'stopping', ...by });
      await consumer.stop(stopOptions);
      history.add({ kind: 'stopped', ...by });
    },
    async crash() {
      history.add({ kind: 'crashed', ...by });
      death.abort();
      void consumer.stop({ now: true });
      await Promise.all([...sessions].map((close) => close()));
    },
  };
}

/** Keeps at hand what closes the sessions that are open. */
function closable(source: Source, sessions: Set<() => Promise<void>>): Source {
  const { name, capabilities, settings } = source;
  return {
    name,
    capabilities,
    settings,
    async open(context) {
      const session = await source.open(context);
      const close = () => session.close();
      sessions.add(close);
      return session;
    },
    ...(source.verify && { verify: source.verify.bind(source) }),
    ...(source.eventTypes && { eventTypes: source.eventTypes.bind(source) }),
  };
}
