import type { SalesforceSettings } from './options.ts';
import { loadPubSub } from './pubsub/load.ts';
import { openBayeux } from './session/bayeux-transport.ts';
import type { OpenTransport } from './transport.ts';

/** Rejects with SALESFORCE_TRANSPORT_MISSING when packages that it needs are not installed. */
export async function loadTransport({ transport }: SalesforceSettings): Promise<OpenTransport> {
  return transport === 'pubsub' ? await loadPubSub() : openBayeux;
}
