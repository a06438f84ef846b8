import { adapterConformance } from '@millrace/testing';
import { describe } from 'vitest';
import { subjects } from '../conformance/harness.ts';
import { testAdapter } from '../support/test-adapter.ts';

describe.each(subjects)('$name', (subject) => {
  testAdapter(subject.name, adapterConformance(subject));
});
