import type { AdapterSubject } from '@millrace/testing';
import { acceptedWebhookSubject, webhookSubject } from './webhook.ts';

/** Everything that events come in by. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  return { subjects: [webhookSubject(), acceptedWebhookSubject()], close: async () => {} };
}
