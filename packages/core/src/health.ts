import type { ErrorDescription } from './error-description.ts';

export type SourceStatus = 'starting' | 'ready' | 'degraded' | 'draining' | 'stopped' | 'failed';

export interface SourceHealth {
  readonly status: SourceStatus;
  /** Why it is degraded or failed. */
  readonly reason: Pick<ErrorDescription, 'code' | 'message'> | undefined;
  /** Of the last successful fetch, an empty one included; milliseconds since 1970. */
  readonly lastFetchAt: number | undefined;
  /** Messages inside: received and not settled. */
  readonly inFlight: number;
  /** Of a source that only one consumer may read: another process does, and this one waits to take over. */
  readonly standby: boolean;
}

export interface ConsumerHealth {
  /** The worst of its sources. */
  readonly status: SourceStatus;
  readonly sources: Readonly<Record<string, SourceHealth>>;
}

const fromBest: readonly SourceStatus[] = ['ready', 'starting', 'stopped', 'draining', 'degraded', 'failed'];

export function worst(statuses: readonly SourceStatus[]): SourceStatus {
  return statuses.reduce(
    (one, other) => (fromBest.indexOf(other) > fromBest.indexOf(one) ? other : one),
    'ready',
  );
}
