import type { SuiteOptions } from 'vitest';
import { inject } from 'vitest';
import './kafka-global-setup.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite is skipped; the runner prints it. */
    skipReason?: string;
  }
}

/** Options of a suite that talks to Kafka: `describe('…', needsKafka(), () => { … })`. */
export function needsKafka(): SuiteOptions {
  const { missing } = inject('kafka');
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}
