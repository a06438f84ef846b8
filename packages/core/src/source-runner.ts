import type { ConsumerSettings } from './consumer-settings.ts';
import { wait, whenAborted } from './clock.ts';
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

interface Opened {
  readonly session: SourceSession;
  /** Aborting it ends what the session receives. */
  readonly intake: AbortController;
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

  /** Undefined when stopped meanwhile: a source that hangs while it opens does not keep the consumer from stopping. */
  async function open(): Promise<Opened | undefined> {
    const intake = new AbortController();
    stopping.signal.addEventListener('abort', () => intake.abort(), { once: true, signal: intake.signal });
    if (stopping.signal.aborted) return undefined;
    try {
      const opening = source.open(contextFor(intake.signal));
      const session = await Promise.race([opening, whenAborted(intake.signal)]);
      if (session) return { session, intake };
      void opening.then(discard, () => {});
      return undefined;
    } catch (error) {
      intake.abort();
      throw error;
    }
  }

  function discard(session: SourceSession): void {
    session
      .close()
      .catch((error: unknown) => log.warn('A session that opened too late could not be closed.', { error }));
  }

  async function runUntilStopped(opened: Opened | undefined): Promise<void> {
    let delay = reopenDelay.first;
    for (let next = opened; next;) {
      const { session, intake } = next;
      if (stopping.signal.aborted) return discard(session);
      const startedAt = clock.monotonic();
      current = runSession({
        source,
        session,
        plan,
        settings,
        log,
        intake,
        degraded: tracker.trouble,
        recovered: tracker.over,
      });
      const broken = await current.ended;
      if (stopping.signal.aborted || broken === undefined) return;
      tracker.trouble('intake', broken);
      await current.drain({ timeout: settings.drainTimeout });
      if (broken.code === 'MARKER_FENCED') throw broken;
      if (clock.monotonic() - startedAt > reopenDelay.most) delay = reopenDelay.first;
      next = await reopen(() => (delay = Math.min(reopenDelay.most, delay * 2)));
    }
  }

  async function reopen(nextDelay: () => number): Promise<Opened | undefined> {
    for (;;) {
      const bound = nextDelay();
      await wait(clock, bound / 2 + (random() * bound) / 2, stopping.signal);
      if (stopping.signal.aborted) return undefined;
      try {
        const opened = await open();
        if (opened) tracker.over('intake');
        return opened;
      } catch (error) {
        if (stopping.signal.aborted) return undefined;
        // A store that is down comes back; what else an adapter has a code for does not go away by trying.
        if (isMillraceError(error) && error.code !== 'STORE_UNAVAILABLE') throw error;
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
      const opening = open();
      finished = opening.then(
        (opened) => {
          tracker.enter('ready');
          return runUntilStopped(opened).catch(fail);
        },
        () => {},
      );
      await opening;
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
