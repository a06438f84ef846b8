import type { ConsumerSettings } from './consumer-settings.ts';
import { unlessAborted, wait, whenAborted } from './clock.ts';
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
import type { Term } from './term.ts';
import { acquireTerm } from './term.ts';
import { within } from './within.ts';

/** One source of a running consumer: opens it, keeps it open, drains it. */
export interface SourceRunner {
  readonly name: string;
  /** Resolves when the source is open and reads. */
  start(): Promise<void>;
  /** Drains and closes. `now`: aborts handlers at once. May be called again to hurry a drain. */
  stop(options: { readonly now: boolean }): Promise<void>;
  health(): SourceHealth;
  /** Nothing is inside, and the source, if it can tell, has nothing more for this process. */
  readonly idle: boolean;
}

export interface SourceRunnerOptions {
  readonly source: Source;
  readonly plan: SourcePlan;
  readonly settings: ConsumerSettings;
  readonly onFailed: (error: MillraceError) => void;
  /** A message has left. */
  readonly onFinished: () => void;
}

interface Opened {
  readonly session: SourceSession;
  /** Aborting it ends what the session receives. */
  readonly intake: AbortController;
}

/** Milliseconds. */
const releaseTimeout = 2_000;
const reopenDelay = { first: 500, most: 30_000 };

export function createSourceRunner(options: SourceRunnerOptions): SourceRunner {
  const { source, plan, settings, onFailed } = options;
  const { clock, random } = settings;
  const log = withFields(settings.log, { consumer: settings.name, source: source.name });
  const stopping = new AbortController();
  const tracker = createHealthTracker(source.name, clock, log);
  let hurry = false;
  let current: RunningSession | undefined;
  let term: Term | undefined;
  let finished: Promise<void> | undefined;

  function contextFor(signal: AbortSignal, starting: boolean): SourceContext {
    return {
      consumer: settings.name,
      starting,
      signal,
      log,
      clock,
      random,
      async start(channel, scope) {
        const marker = await settings.replay?.load(replayKey(settings.name, source.name, channel, scope));
        return marker ? { after: marker.position } : (source.settings.start ?? 'latest');
      },
      fetched: () => tracker.fetched(),
      degraded: (reason) => tracker.trouble('intake', reason),
      gap: (gap) => tracker.gap(gap),
      revoked: (channels, { within: grace = 0 } = {}) => current?.revoke(channels, grace),
    };
  }

  /** Undefined when stopped meanwhile: a source that hangs while it opens does not keep the consumer from stopping. */
  async function open(starting: boolean): Promise<Opened | undefined> {
    const intake = new AbortController();
    stopping.signal.addEventListener('abort', () => intake.abort(), { once: true, signal: intake.signal });
    if (stopping.signal.aborted) return undefined;
    try {
      const opening = source.open(contextFor(intake.signal, starting));
      const session = await unlessAborted(opening, intake.signal);
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

  /** Where only one consumer may be connected: becomes it, or waits until it does. Undefined when stopped meanwhile. */
  async function becomeOwner(): Promise<Term | undefined> {
    for (;;) {
      const acquired = await tryToOwn().catch((error: unknown) => {
        const reason = new MillraceError('STORE_UNAVAILABLE', 'The store can not tell who owns the source.', {
          cause: error,
        });
        tracker.trouble('intake', reason);
      });
      if (acquired) return acquired;
      await wait(clock, (settings.lease / 8) * (1 + random()), stopping.signal);
      if (stopping.signal.aborted) return undefined;
    }
  }

  async function tryToOwn(): Promise<Term | undefined> {
    const { ownership, owner, lease } = settings;
    if (ownership === undefined) return undefined;
    const name = replayKey(settings.name, source.name, '');
    const acquiring = acquireTerm({ ownership, name, owner, lease, clock, log });
    const acquired = await unlessAborted(acquiring, stopping.signal);
    // One that comes after the stop is of no use.
    if (acquired === undefined) void acquiring.then(endTerm, () => {});
    tracker.over('intake');
    return acquired;
  }

  /** So that the next owner need not wait until it has run out. */
  async function endTerm(ending: Term | undefined): Promise<void> {
    if (ending === undefined) return;
    await within(
      clock,
      releaseTimeout,
      () => ending.end(),
      (error) => log.warn('The ownership could not be given back; it runs out.', { error }),
    );
  }

  /** Reads while it is the owner, stands by while it is not. */
  async function runByTurns(first: Opened | undefined): Promise<void> {
    let opened = first;
    while (!stopping.signal.aborted) {
      tracker.standBy(term === undefined);
      term ??= await becomeOwner();
      if (term === undefined) return;
      tracker.standBy(false);
      opened ??= await reopen(() => reopenDelay.first);
      await runUntilStopped(opened, term);
      // What was settled is recorded before somebody else goes on from there.
      await current?.drain({ timeout: hurry ? 0 : settings.drainTimeout });
      await endTerm(term);
      opened = undefined;
      term = undefined;
    }
  }

  async function runUntilStopped(opened: Opened | undefined, owned?: Term): Promise<void> {
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
        fence: owned?.fence ?? 0,
        intake,
        degraded: tracker.trouble,
        recovered: tracker.over,
        onFinished: options.onFinished,
      });
      if (owned) breakWith(current, owned);
      const broken = await current.ended;
      if (stopping.signal.aborted || broken === undefined) return;
      if (owned && (owned.over.aborted || broken.code === 'MARKER_FENCED')) {
        return await current.drain({ timeout: 0 });
      }
      tracker.trouble('intake', broken);
      await current.drain({ timeout: settings.drainTimeout });
      if (broken.code === 'MARKER_FENCED') throw broken;
      if (clock.monotonic() - startedAt > reopenDelay.most) delay = reopenDelay.first;
      next = await reopen(() => (delay = Math.min(reopenDelay.most, delay * 2)));
    }
  }

  /** Undefined: somebody else owns the source, and this process stands by. */
  async function openAsOwner(): Promise<Opened | undefined> {
    term = await tryToOwn();
    return term && (await open(true));
  }

  function breakWith(session: RunningSession, owned: Term): void {
    const lost = new MillraceError('LEASE_LOST', `Another consumer may own source "${source.name}" by now.`);
    void whenAborted(owned.over).then(() => session.break(lost));
  }

  async function reopen(nextDelay: () => number): Promise<Opened | undefined> {
    for (;;) {
      const bound = nextDelay();
      await wait(clock, bound / 2 + (random() * bound) / 2, stopping.signal);
      if (stopping.signal.aborted) return undefined;
      try {
        const opened = await open(false);
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
      const { exclusive } = source.capabilities;
      const opening = exclusive ? openAsOwner() : open(true);
      finished = opening
        .then(
          (opened) => {
            tracker.enter('ready');
            return (exclusive ? runByTurns(opened) : runUntilStopped(opened)).catch(fail);
          },
          () => {},
        )
        .then(() => endTerm(term));
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
    health: () => tracker.snapshot(current?.inFlight ?? 0, current?.details()),
    get idle() {
      return current?.idle ?? true;
    },
  };
}
