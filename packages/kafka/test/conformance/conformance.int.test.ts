import { adapterConformance } from '@millrace/testing';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { needsKafka } from '../../../../scripts/servers/needs-kafka.ts';
import { openConformance } from './harness.ts';

const { subjects, close } = await openConformance(inject('kafka').brokers);
afterAll(close);

describe.each(subjects)('$name', { timeout: 120_000, ...needsKafka() }, (subject) => {
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
