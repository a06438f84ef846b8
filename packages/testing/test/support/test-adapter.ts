import type { AdapterTest } from '@millrace/testing';
import { afterAll, expect, test } from 'vitest';

/** What says nothing of an adapter passes here, and is printed with its reason when the adapter is through. */
export function testAdapter(adapter: string, tests: readonly AdapterTest[]): void {
  const skipped: string[] = [];
  test.each(tests)('$name', async ({ id, run }) => {
    const verdict = await run();
    if (verdict.reason !== undefined) skipped.push(`  ${id}: ${verdict.reason}`);
    expect(verdict.result).toMatch(/pass|skip/);
  });
  afterAll(() => {
    if (skipped.length > 0) console.log([`Not tried on "${adapter}":`, ...skipped].join('\n'));
  });
}
