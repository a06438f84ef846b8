import type { SuiteOptions } from 'vitest';
import { inject } from 'vitest';
import './redis-global-setup.ts';
import { skipWithout } from './skip-reason.ts';

/** Options of a suite that talks to Redis: `describe('…', needsRedis(), () => { … })`. */
export function needsRedis(): SuiteOptions {
  return skipWithout(inject('redis').missing);
}
