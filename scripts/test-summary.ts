import type { TestCase, TestModule } from 'vitest/node';

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface SkippedSuite {
  /** `file > suite`. */
  readonly suite: string;
  readonly tests: number;
  readonly reason: string;
}

export interface Summary extends Totals {
  /** `file > suite > test`, or `file > suite` for a broken hook or file; the message of an error nobody caught. */
  readonly failures: readonly string[];
  readonly skips: readonly SkippedSuite[];
}

/**
 * Counts what a run did. A hook, a suite or a file that broke counts as one failed, as does an error that no test was
 * there to catch.
 */
export function summarize(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): Summary {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const inState = (state: string) => tests.filter((test) => test.result().state === state);
  const broken = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .filter((suite) => suite.errors().length > 0);
  const failures = [
    ...inState('failed').map((test) => `${suiteOf(test)} > ${test.name}`),
    ...broken.map((suite) =>
      suite.type === 'module'
        ? suite.relativeModuleId
        : `${suite.module.relativeModuleId} > ${suite.fullName}`,
    ),
    ...unhandledErrors.map((error) => `caught by no test: ${messageOf(error)}`),
  ];
  const skipped = [...inState('skipped'), ...inState('pending')];
  return {
    passed: inState('passed').length,
    failed: failures.length,
    skipped: skipped.length,
    failures,
    skips: bySuite(skipped),
  };
}

function bySuite(tests: readonly TestCase[]): readonly SkippedSuite[] {
  const groups = Map.groupBy(tests, (test) => `${suiteOf(test)}\n${reasonOf(test)}`);
  return [...groups].map(([key, members]) => {
    const [suite = '', reason = ''] = key.split('\n');
    return { suite, reason, tests: members.length };
  });
}

function suiteOf({ module, parent }: TestCase): string {
  return parent.type === 'module'
    ? module.relativeModuleId
    : `${module.relativeModuleId} > ${parent.fullName}`;
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'pending') return 'it never finished';
  const note = result.state === 'skipped' ? result.note : undefined;
  return note ?? test.meta().skipReason ?? 'no reason given';
}

export function totalsLine({ passed, failed, skipped }: Totals): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

// Errors come from the workers as plain objects without a prototype.
function messageOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message);
}
