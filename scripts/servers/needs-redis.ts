import type { SuiteOptions } from 'vitest';
import { inject } from 'vitest';
import './redis-global-setup.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite is skipped; the runner prints it. */
    skipReason?: string;
  }
}

/** Options of a suite that talks to Redis: `describe('…', needsRedis(), () => { … })`. */
export function needsRedis(): SuiteOptions {
  const { missing } = inject('redis');
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}
