import type { ConsumerSettings } from './consumer-settings.ts';
import { wait } from './clock.ts';
import { describeError } from './error-description.ts';
import { isMillraceError, MillraceError } from './errors.ts';
import type { SourceHealth } from './health.ts';
import { withFields } from './log.ts';
import { replayKey } from './replay-key.ts';
import type { RunningSession } from './running-session.ts';
import { runSession } from './running-session.ts';
import { createHealthTracker } from './source-health.ts';
import type { SourcePlan } from './source-plan.ts';
import type { Source, SourceContext, SourceSession } from './source.ts';

/** One source of a running consumer: opens it, keeps it open, drains it. */
export interface SourceRunner {
  readonly name: string;
  /** Resolves when the source is open and reads. */
  start(): Promise<void>;
  /** Drains and closes. `now`: aborts handlers at once. May be called again to hurry a drain. */
  stop(options: { readonly now: boolean }): Promise<void>;
  health(): SourceHealth;
}

export interface SourceRunnerOptions {
  readonly source: Source;
  readonly plan: SourcePlan;
  readonly settings: ConsumerSettings;
  readonly onFailed: (error: MillraceError) => void;
}

const reopenDelay = { first: 500, most: 30_000 };

export function createSourceRunner({ source, plan, settings, onFailed }: SourceRunnerOptions): SourceRunner {
  const { clock, random } = settings;
  const log = withFields(settings.log, { consumer: settings.name, source: source.name });
  const stopping = new AbortController();
  const tracker = createHealthTracker(clock, log);
  let hurry = false;
  let current: RunningSession | undefined;
  let finished: Promise<void> | undefined;

  function contextFor(signal: AbortSignal): SourceContext {
    return {
      consumer: settings.name,
      signal,
      log,
      clock,
      random,
      async start(channel) {
        const marker = await settings.replay?.load(replayKey(settings.name, source.name, channel));
        return marker ? { after: marker.position } : (source.settings.start ?? 'latest');
      },
      fetched: () => tracker.fetched(),
      degraded: (reason) => tracker.trouble('intake', reason),
    };
  }

  async function open(): Promise<{ readonly session: SourceSession; readonly intake: AbortController }> {
    const intake = new AbortController();
    const abort = () => intake.abort();
    if (stopping.signal.aborted) abort();
    stopping.signal.addEventListener('abort', abort, { once: true });
    const session = await source.open(contextFor(intake.signal));
    return { session, intake };
  }

  async function runUntilStopped(opened: Awaited<ReturnType<typeof open>>): Promise<void> {
    let delay = reopenDelay.first;
    for (let next: typeof opened | undefined = opened; next;) {
      const { session, intake } = next;
      const startedAt = clock.monotonic();
      current = runSession({
        source,
        session,
        plan,
        settings,
        log,
        intake,
        degraded: (reason) => tracker.trouble('store', reason),
        recovered: () => tracker.over('store'),
      });
      const broken = await current.ended;
      if (stopping.signal.aborted) return;
      tracker.trouble('intake', broken);
      await current.drain({ timeout: settings.drainTimeout });
      if (broken.code === 'MARKER_FENCED') throw broken;
      if (clock.monotonic() - startedAt > reopenDelay.most) delay = reopenDelay.first;
      next = await reopen(() => (delay = Math.min(reopenDelay.most, delay * 2)));
    }
  }

  async function reopen(nextDelay: () => number): Promise<Awaited<ReturnType<typeof open>> | undefined> {
    for (;;) {
      const bound = nextDelay();
      await wait(clock, bound / 2 + (random() * bound) / 2, stopping.signal);
      if (stopping.signal.aborted) return undefined;
      try {
        const opened = await open();
        tracker.over('intake');
        return opened;
      } catch (error) {
        if (stopping.signal.aborted) return undefined;
        if (isMillraceError(error)) throw error;
        tracker.trouble(
          'intake',
          new MillraceError('SOURCE_FAILED', `Source "${source.name}" could not be opened again yet.`, {
            cause: error,
          }),
        );
      }
    }
  }

  function fail(cause: unknown): void {
    const error = new MillraceError(
      'SOURCE_FAILED',
      `Source "${source.name}" has failed and reads no more: ${describeError(cause).message}`,
      { cause },
    );
    log.error(error.message, { error: cause });
    tracker.failed(error);
    onFailed(error);
  }

  return {
    name: source.name,
    async start() {
      const opened = await open();
      if (stopping.signal.aborted) return await opened.session.close();
      tracker.enter('ready');
      finished = runUntilStopped(opened).catch(fail);
    },
    async stop({ now }) {
      hurry ||= now;
      tracker.enter('draining');
      stopping.abort();
      await current?.drain({ timeout: hurry ? 0 : settings.drainTimeout });
      await finished;
      tracker.enter('stopped');
    },
    health: () => tracker.snapshot(current?.inFlight ?? 0),
  };
}
