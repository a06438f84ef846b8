import { unlessAborted, whenAborted } from './clock.ts';
import type { ConsumerOptions, ConsumerSettings } from './consumer-settings.ts';
import { readConsumerOptions } from './consumer-settings.ts';
import type { DeadLetterDesk } from './dead-letter-desk.ts';
import { createDeadLetterDesk } from './dead-letter-desk.ts';
import { isMillraceError, MillraceError } from './errors.ts';
import type { ConsumerHealth } from './health.ts';
import { worst } from './health.ts';
import type { RegisterFunction, Registry } from './registry.ts';
import { registryOf } from './registry.ts';
import { planSource } from './source-plan.ts';
import type { SourceRunner } from './source-runner.ts';
import { createSourceRunner } from './source-runner.ts';
import type { Source } from './source.ts';
import type { FeedReport, PlannedSource } from './verify.ts';
import { reportFeeds, verifySource } from './verify.ts';

export interface Consumer {
  /** Registers a plain function, before the start: `(types, options?, function)`, or `(options?, function)` for the default handler. */
  readonly on: RegisterFunction<Consumer>;
  /** Checks the sources, opens them and reads. Rejects, with everything closed again, when one can't be had. */
  start(): Promise<FeedReport>;
  /**
   * Drains and closes: nothing new starts, running handlers get `drainTimeout`, what was not started goes back to
   * the broker. Works at any time and any number of times. `now`: handlers' signals abort at once.
   */
  stop(options?: { readonly now?: boolean }): Promise<void>;
  /**
   * Starts, and resolves when stopped. SIGTERM and SIGINT stop it, a second one stops it now. Rejects when the
   * start fails, or with SOURCE_FAILED when a source failed for good.
   */
  run(): Promise<void>;
  health(): ConsumerHealth;
  /**
   * Resolves when no message is inside and no source has more, as far as sources can tell: those for tests can.
   * Waits for delayed retries too, and for ever when messages keep coming.
   */
  idle(): Promise<void>;
  readonly deadLetters: DeadLetterDesk;
  [Symbol.asyncDispose](): Promise<void>;
}

export function createConsumer(options: ConsumerOptions): Consumer {
  const settings = readConsumerOptions(options);
  const registry = registryOf(options.handlers ?? []);
  const stopping = new AbortController();
  let planned: readonly PlannedSource[] | undefined;
  let runners: readonly SourceRunner[] = [];
  let started: Promise<FeedReport> | undefined;
  let stopped: Promise<void> | undefined;
  let failure: MillraceError | undefined;
  let idlers: (() => void)[] = [];

  const plans = (): readonly PlannedSource[] => (planned ??= planAll(options.sources, registry, settings));

  async function open(): Promise<FeedReport> {
    assertSources(options.sources, registry, settings);
    const sources = plans();
    runners = sources.map(({ source, plan }) =>
      createSourceRunner({ source, plan, settings, onFailed: sourceFailed, onFinished: wakeIdlers }),
    );
    await Promise.all(sources.map((source) => verifySource(source, settings, stopping.signal)));
    const report = await reportFeeds(sources, registry.registrations, settings, stopping.signal);
    await Promise.all(runners.map((runner) => runner.start()));
    return report;
  }

  function sourceFailed(error: MillraceError): void {
    if (settings.onSourceFailure === 'continue') return;
    failure ??= error;
    void consumer.stop();
  }

  function wakeIdlers(): void {
    if (idlers.length === 0) return;
    const woken = idlers;
    idlers = [];
    for (const wake of woken) wake();
  }

  async function close(): Promise<void> {
    stopping.abort();
    await Promise.all(runners.map((runner) => runner.stop({ now: false })));
    wakeIdlers();
  }

  const consumer: Consumer = {
    on: (...args: readonly unknown[]) => {
      if (started)
        throw new MillraceError('CONSUMER_STATE', 'Handlers are registered before the consumer starts.');
      (registry.add as (...args: readonly unknown[]) => Registry)(...args);
      planned = undefined;
      return consumer;
    },
    start() {
      if (stopped)
        return Promise.reject(
          new MillraceError('CONSUMER_STATE', 'A stopped consumer does not start again; create another.'),
        );
      started ??= startUnlessStopped(open(), stopping.signal).catch(async (error: unknown) => {
        await consumer.stop();
        throw error;
      });
      return started;
    },
    async stop({ now = false } = {}) {
      stopped ??= close();
      if (now) await Promise.all(runners.map((runner) => runner.stop({ now })));
      await stopped;
    },
    async run() {
      const wasStopped = stopped !== undefined;
      let signals = 0;
      const onSignal = () => {
        signals += 1;
        void consumer.stop({ now: signals > 1 });
      };
      process.on('SIGTERM', onSignal).on('SIGINT', onSignal);
      try {
        await consumer.start().catch((error: unknown) => {
          // Stopped while it started, by a signal or by stop(): that is how a run ends.
          if (wasStopped || (signals === 0 && !isMillraceError(error, 'CONSUMER_STATE'))) throw error;
        });
        await whenAborted(stopping.signal);
        await stopped;
      } finally {
        process.off('SIGTERM', onSignal).off('SIGINT', onSignal);
      }
      if (failure) throw failure;
    },
    health() {
      const sources = Object.fromEntries(runners.map((runner) => [runner.name, runner.health()]));
      const idle = stopped ? 'stopped' : 'starting';
      return {
        status: runners.length === 0 ? idle : worst(Object.values(sources).map(({ status }) => status)),
        sources,
      };
    },
    async idle() {
      await started;
      while (!stopping.signal.aborted && !runners.every((runner) => runner.idle)) {
        await new Promise<void>((wake) => idlers.push(wake));
      }
    },
    deadLetters: createDeadLetterDesk(
      settings,
      (name) => plans().find(({ source }) => source.name === name)?.plan,
    ),
    [Symbol.asyncDispose]: () => consumer.stop(),
  };
  return consumer;
}

function planAll(
  sources: readonly Source[],
  { registrations }: Registry,
  settings: ConsumerSettings,
): readonly PlannedSource[] {
  const defaults = { ...settings, countsAttempts: settings.idempotency !== undefined };
  return sources.map((source) => ({ source, plan: planSource(source, registrations, defaults) }));
}

function assertSources(
  sources: readonly Source[],
  { registrations }: Registry,
  settings: ConsumerSettings,
): void {
  if (registrations.length === 0) {
    throw new MillraceError(
      'HANDLER_NONE',
      'The consumer has no handler: nothing it received could be handled.',
    );
  }
  for (const { name, options } of registrations) {
    for (const wanted of typeof options.source === 'string' ? [options.source] : (options.source ?? [])) {
      if (sources.some((source) => source.name === wanted)) continue;
      throw new MillraceError(
        'HANDLER_OPTIONS',
        `Handler "${name}" is for source "${wanted}", which the consumer does not have.`,
      );
    }
  }
  for (const { name, capabilities, settings: own } of sources) {
    if (capabilities.position === 'opaque' && settings.replay === undefined) {
      throw new MillraceError(
        'CONSUMER_OPTIONS',
        `Source "${name}" has positions: the store needs "replay" to keep its markers. A Map will do for trying.`,
      );
    }
    if (capabilities.exclusive && settings.ownership === undefined) {
      throw new MillraceError(
        'CONSUMER_OPTIONS',
        `Source "${name}" allows one consumer at a time: the store needs "ownership" to elect it.`,
      );
    }
    if (capabilities.replay === 'none' && own.start !== undefined && own.start !== 'latest') {
      throw new MillraceError(
        'CAPABILITY_MISSING',
        `Source "${name}" can't be replayed: "start" can only be "latest".`,
      );
    }
  }
}

async function startUnlessStopped(work: Promise<FeedReport>, signal: AbortSignal): Promise<FeedReport> {
  const report = await unlessAborted(work, signal);
  if (report) return report;
  throw new MillraceError('CONSUMER_STATE', 'The consumer was stopped while it started.');
}
