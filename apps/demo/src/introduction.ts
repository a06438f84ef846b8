import type { Server } from './broker/server.ts';
import type { Routes } from './broker/topology.ts';
import { accountsChannel, creditsChannel } from './crm/events.ts';
import type { Crm } from './crm/org.ts';
import type { Dataset } from './dataset/generate.ts';
import { grouped } from './narrator.ts';
import type { EventStore } from './parcels/event-store.ts';
import type { PushCenter } from './push/center.ts';
import { priceTopics, stockTopics } from './push/events.ts';
import { category, customsGroup } from './parcels/events.ts';

export interface Setting {
  readonly server: Server;
  readonly routes: Routes;
  readonly crm: Crm;
  readonly eventStore: EventStore;
  readonly center: PushCenter;
  readonly dataset: Dataset;
}

/** What there is before anything happens. */
export function introduction({
  server,
  routes: { orders, activity },
  crm,
  eventStore,
  center,
  dataset,
}: Setting): string {
  const { events, mishaps } = dataset;
  return `An SQS and SNS server runs inside of this process, at ${server.endpoint}. Two topics deliver to two queues:
  shop-orders.fifo → ${orders.queue}   the life of orders, the events of an order one after another
  shop-activity    → ${activity.queue}      what happens around them, in any order
So does a Salesforce org, the CRM of the shop, at ${crm.org.url}. It gives every event to each subscriber, so one worker
reads and the other stands by:
  ${accountsChannel}   accounts that are opened and changed (change data capture)
  ${creditsChannel}   credits that the service desk grants (a platform event)
And an event store, which clients of KurrentDB take for theirs, on port ${eventStore.server.port}: a stream for each parcel, and two subscriptions:
  category ${category}   catch-up: a read model of where parcels are; one worker reads and the other stands by
  group ${customsGroup.group}     persistent: what leaves the customs union is declared; the workers share it
And a broadcaster, at ${center.url}, which tells what is published under a topic to all who subscribe to it:
  ${stockTopics}   over HTTP: both workers are found at one address, and what is not taken comes again
  ${priceTopics}  over a WebSocket: each worker has its own and hears everything; the first one that claims it handles it
A payment provider posts webhooks to the workers, signed as Standard Webhooks are, until they are taken.
The data: ${grouped(events.length)} events of a web shop, ${grouped(dataset.crm.length)} of its CRM, ${grouped(dataset.parcels.length)} of its parcels, ${grouped(dataset.pushes.length)} that are pushed, and ${mishaps.length} mishaps: duplicates,
garbage, payloads that break their schema, events that nobody handles, and events whose handler fails each time; the CRM
and the parcels have some too.
Handlers write into a ledger: a table in the SQLite file where Millrace keeps what is done. Two processes share it.`;
}
