import { adapterConformance } from '@millrace/testing';
import { describe } from 'vitest';
import { openConformance } from '../conformance/harness.ts';
import { testAdapter } from '../support/test-adapter.ts';

const { subjects } = await openConformance();

describe.each(subjects)('$name', (subject) => {
  testAdapter(subject.name, adapterConformance(subject));
});
