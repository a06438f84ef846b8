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
  /** The last time that reading could not go on where it had stopped. */
  readonly lastGap: GapReport | undefined;
  /** What the adapter has to tell of its connection. */
  readonly details: Readonly<Record<string, unknown>> | undefined;
}

export interface GapReport {
  readonly channel: string;
  /** Where reading went on instead. */
  readonly resumed: 'earliest' | 'latest';
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly reason: Pick<ErrorDescription, 'code' | 'message'>;
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
