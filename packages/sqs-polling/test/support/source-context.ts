import type { Clock, MillraceError, SourceContext } from '@millrace/core';
import { systemClock } from '@millrace/core';

export interface TestContext extends SourceContext {
  readonly reasons: readonly MillraceError[];
  readonly fetches: number;
  stop(): void;
}

/** What core hands to `open`, with what the source reports written down. Random is at its middle. */
export function sourceContext(clock: Clock = systemClock): TestContext {
  const controller = new AbortController();
  const reasons: MillraceError[] = [];
  let fetches = 0;
  const ignore = () => {};
  return {
    consumer: 'test',
    signal: controller.signal,
    log: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    clock,
    random: () => 0.5,
    start: () => Promise.resolve('latest'),
    starting: true,
    gap: ignore,
    revoked: ignore,
    fetched: () => (fetches += 1),
    degraded: (reason) => reasons.push(reason),
    reasons,
    get fetches() {
      return fetches;
    },
    stop: () => controller.abort(),
  };
}
