import type { TestProject } from 'vitest/node';
import { findKafka, startKafka } from './kafka.ts';

export interface ProvidedKafka {
  /** `127.0.0.1:port` of a broker that all suites of the run share; topics are never made by using them. */
  readonly brokers: readonly string[];
  /** Why there is none. */
  readonly missing: string | undefined;
}

declare module 'vitest' {
  interface ProvidedContext {
    kafka: ProvidedKafka;
  }
}

/** For vitest's `globalSetup`: gives suites `inject('kafka')`. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const jars = await findKafka();
  if ('missing' in jars) {
    project.provide('kafka', { brokers: [], missing: jars.missing });
    return undefined;
  }
  const { brokers, stop } = await startKafka(jars);
  project.provide('kafka', { brokers, missing: undefined });
  return stop;
}
