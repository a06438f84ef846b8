import type { AdapterSubject } from '@millrace/testing';
import { bestEffortSubject, redeliveringSubject } from './http-subscriber.ts';

/** Everything that events come in by. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  return { subjects: [bestEffortSubject(), redeliveringSubject()], close: async () => {} };
}
