import type { AdapterTest } from '@millrace/testing';
import { expect, test } from 'vitest';

/** What does not hold for an adapter by its nature shows as skipped, with the reason. */
export function testAdapter(tests: readonly AdapterTest[]): void {
  test.each(tests)('$name', async ({ run }) => {
    const verdict = await run();
    if (verdict.result === 'skip') console.log(`skipped: ${verdict.reason}`);
    expect(verdict.result).toMatch(/pass|skip/);
  });
}
