import type { AdapterSubject } from '@millrace/testing';
import { bestEffortSubject, redeliveringSubject } from './http-subscriber.ts';
import { acceptedWebhookSubject, webhookSubject } from './webhook.ts';
import { websocketSubject } from './websocket.ts';

/** Everything that events come in by. */
export async function openConformance(): Promise<{
  readonly subjects: readonly AdapterSubject[];
  close(): Promise<void>;
}> {
  return {
    subjects: [
      bestEffortSubject(),
      redeliveringSubject(),
      webhookSubject(),
      acceptedWebhookSubject(),
      websocketSubject(),
    ],
    close: async () => {},
  };
}
