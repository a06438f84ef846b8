import type { AdapterSubject } from '@millrace/testing';
import { adapterConformance } from '@millrace/testing';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { needsKafka } from '../../../../scripts/servers/needs-kafka.ts';
import { needsNodeOf } from '../support/clients.ts';
import { openConformance } from './harness.ts';

const { subjects, close } = await openConformance(inject('kafka').brokers);
afterAll(close);

const ofPlatformatic = subjects.filter(({ name }) => name.includes('platformatic'));
const others = subjects.filter((subject) => !ofPlatformatic.includes(subject));

describe.each(others)('$name', { timeout: 120_000, ...needsKafka() }, (subject) => {
  holds(subject);
});

const needs = { ...needsKafka(), ...needsNodeOf('platformatic') };
describe.each(ofPlatformatic)('$name', { timeout: 120_000, ...needs }, (subject) => {
  holds(subject);
});

function holds(subject: AdapterSubject): void {
  const skipped: string[] = [];
  test.each(adapterConformance(subject))('$name', async ({ id, run }) => {
    const verdict = await run();
    if (verdict.reason !== undefined) skipped.push(`  ${id}: ${verdict.reason}`);
    expect(verdict.result).toMatch(/pass|skip/);
  });
  afterAll(() => {
    console.log([`Not tried on "${subject.name}":`, ...skipped].join('\n'));
  });
}
