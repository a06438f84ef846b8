import type { SuiteOptions } from 'vitest';
import { inject } from 'vitest';
import './kafka-global-setup.ts';
import { skipWithout } from './skip-reason.ts';

/** Options of a suite that talks to Kafka: `describe('…', needsKafka(), () => { … })`. */
export function needsKafka(): SuiteOptions {
  return skipWithout(inject('kafka').missing);
}
