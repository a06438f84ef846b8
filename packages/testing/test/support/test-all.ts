import type { ConformanceTest } from '@millrace/testing';
import { expect, test } from 'vitest';

export function testAll(tests: readonly ConformanceTest[]): void {
  test.each(tests)('$name', async ({ run }) => {
    await expect(run()).resolves.toBeUndefined();
  });
}
