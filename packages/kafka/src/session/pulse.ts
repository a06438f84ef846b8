import type { SourceContext } from '@millrace/core';
import type { KafkaError } from '../errors.ts';

/** Signs that reading goes on, and that it does not. */
export interface Pulse {
  /** When the coordinator, or a fetch, was answered last. Milliseconds, by the monotonic clock. */
  readonly at: number;
  beat(): void;
  /** Partitions that have records do not bring them, for the reason; without one they do again. */
  standsStill(reason: KafkaError | undefined): void;
}

export function createPulse(context: SourceContext): Pulse {
  const { clock } = context;
  let at = clock.monotonic();
  let standing = false;
  return {
    get at() {
      return at;
    },
    beat() {
      at = clock.monotonic();
      if (!standing) context.fetched();
    },
    standsStill(reason) {
      standing = reason !== undefined;
      if (reason) context.degraded(reason);
    },
  };
}
