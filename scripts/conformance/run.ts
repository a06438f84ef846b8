import type { AdapterSubject, AdapterTest } from '../../packages/testing/src/index.ts';
import { adapterConformance } from '../../packages/testing/src/index.ts';

/** One property on one adapter. */
export interface ConformanceResult {
  readonly adapter: string;
  /** `P1` to `P30`. */
  readonly property: string;
  readonly result: 'pass' | 'skip' | 'fail';
  /** Why it was skipped, or what of it was not tried; of a failure, its first line. */
  readonly reason?: string;
}

export interface ConformanceRun {
  /** Adapter by adapter, in the order of the properties. */
  readonly results: readonly ConformanceResult[];
  /** What each failure says, its history included. */
  readonly failures: readonly string[];
}

/** Most of what a property on a real server does is waiting: some wait beside each other. */
const beside = 4;

export async function runConformance(subjects: readonly AdapterSubject[]): Promise<ConformanceRun> {
  const failures: string[] = [];
  const results: ConformanceResult[] = [];
  for (const subject of subjects) results.push(...(await runAdapter(subject, failures)));
  return { results, failures };
}

async function runAdapter(
  subject: AdapterSubject,
  failures: string[],
): Promise<readonly ConformanceResult[]> {
  const tests = adapterConformance(subject);
  const results = new Map<AdapterTest, ConformanceResult>();
  const line = tests.values();

  async function work(): Promise<void> {
    for (const test of line) {
      const of = { adapter: subject.name, property: test.id };
      try {
        results.set(test, { ...of, ...(await test.run()) });
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error);
        failures.push(`${subject.name}: ${text}`);
        results.set(test, { ...of, result: 'fail', reason: text.split('\n', 1)[0] ?? text });
      }
    }
  }

  await Promise.all(Array.from({ length: beside }, work));
  return tests.flatMap((test) => results.get(test) ?? []);
}
