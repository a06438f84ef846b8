import type { Access } from './access.ts';
import type { Responses } from './calls/responses.ts';
import type { Cluster } from './cluster/cluster.ts';
import type { Counts } from './counters.ts';
import type { FaultPlan } from './faults.ts';
import type { EventStoreSettings } from './options.ts';
import type { Groups } from './persistent/groups.ts';
import type { Protocol } from './protocol/protocol.ts';
import type { EventStore } from './store/event-store.ts';

/** What all nodes of a server share. */
export interface ServerContext {
  readonly settings: EventStoreSettings;
  readonly protocol: Protocol;
  readonly store: EventStore;
  readonly groups: Groups;
  readonly access: Access;
  readonly cluster: Cluster;
  readonly faults: FaultPlan;
  readonly counts: Counts;
  /** The subscriptions that are open: catch-up and persistent ones. */
  readonly subscriptions: Set<Pick<Responses<never>, 'end' | 'silence'>>;
}

/** Counts a call as a subscription as long as it is open: then it can be ended and silenced on command. */
export function addSubscription(
  { subscriptions }: Pick<ServerContext, 'subscriptions'>,
  responses: Pick<Responses<never>, 'over' | 'end' | 'silence'>,
): void {
  if (responses.over.aborted) return;
  subscriptions.add(responses);
  responses.over.addEventListener('abort', () => subscriptions.delete(responses), { once: true });
}
