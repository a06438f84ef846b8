import { adapterConformance } from '@millrace/testing';
import { afterAll, describe, expect, test } from 'vitest';
import { openConformance } from './harness.ts';

const { subjects, close } = await openConformance();
afterAll(close);

// The time is real: properties wait beside each other, and say themselves when there is no hope left.
describe.concurrent.each(subjects)('$name', { timeout: 120_000 }, (subject) => {
  const skipped: string[] = [];
  test.each(adapterConformance(subject))('$name', async ({ id, run }) => {
    const verdict = await run();
    if (verdict.reason !== undefined) skipped.push(`  ${id}: ${verdict.reason}`);
    expect(verdict.result).toMatch(/pass|skip/);
  });
  afterAll(() => {
    console.log([`Not tried on "${subject.name}":`, ...skipped].join('\n'));
  });
});
