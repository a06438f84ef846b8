import type { Clock } from './clock.ts';
import { diagnose } from './diagnostics.ts';
import { describeError } from './error-description.ts';
import type { MillraceError } from './errors.ts';
import type { GapReport, SourceHealth, SourceStatus } from './health.ts';
import type { Logger } from './log.ts';
import type { Gap } from './source.ts';

/** What can be wrong with a source that still works: it can't fetch, or a store does not take what it should keep. */
export type Trouble = 'intake' | 'claims' | 'completions' | 'dead-letters' | 'markers';

/** Follows one source through its life. */
export interface HealthTracker {
  enter(phase: 'starting' | 'ready' | 'draining' | 'stopped'): void;
  failed(error: MillraceError): void;
  trouble(kind: Trouble, error: MillraceError): void;
  over(kind: Trouble): void;
  fetched(): void;
  /** Whether another process reads, and this one waits to take over. */
  standBy(standby: boolean): void;
  /** Reading could not go on where it had stopped. */
  gap(gap: Gap): void;
  snapshot(inFlight: number, details: Readonly<Record<string, unknown>> | undefined): SourceHealth;
}

export function createHealthTracker(source: string, clock: Clock, log: Logger): HealthTracker {
  const troubles = new Map<Trouble, MillraceError>();
  let phase: SourceStatus = 'starting';
  let failure: MillraceError | undefined;
  let lastFetchAt: number | undefined;
  let standby = false;
  let lastGap: GapReport | undefined;

  return {
    enter(next) {
      if (phase === 'failed' || phase === 'stopped' || (phase === 'draining' && next === 'ready')) return;
      phase = next;
    },
    failed(error) {
      phase = 'failed';
      failure = error;
    },
    trouble(kind, error) {
      if (!troubles.has(kind)) log.warn('Source is degraded.', { error });
      troubles.set(kind, error);
    },
    over(kind) {
      if (troubles.delete(kind)) log.info('Source has recovered.', { from: kind });
    },
    fetched() {
      lastFetchAt = clock.now();
      this.over('intake');
    },
    standBy(next) {
      if (next !== standby)
        log.info(next ? 'Another process owns the source; standing by.' : 'Owns the source.');
      standby = next;
    },
    gap(gap) {
      const { channel, resumed, position, cause } = gap;
      log.warn('Reading could not go on where it had stopped; events may be missed, or come again.', {
        channel,
        position,
        resumed,
        error: cause,
      });
      diagnose('gap', () => ({ source, ...gap }));
      lastGap = { channel, resumed, at: clock.now(), reason: describeError(cause) };
    },
    snapshot(inFlight, details) {
      const [trouble] = troubles.values();
      const status = phase === 'ready' && trouble ? 'degraded' : phase;
      const reason = failure ?? (status === 'degraded' ? trouble : undefined);
      return {
        status,
        reason: reason && describeError(reason),
        lastFetchAt,
        inFlight,
        standby,
        lastGap,
        details,
      };
    },
  };
}
