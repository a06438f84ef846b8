import type { SuiteOptions } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a suite is skipped; the runner prints it. */
    skipReason?: string;
  }
}

/** Options of a suite that needs something, by why it can't be had. */
export function skipWithout(missing: string | undefined): SuiteOptions {
  return missing === undefined ? {} : { skip: true, meta: { skipReason: missing } };
}
