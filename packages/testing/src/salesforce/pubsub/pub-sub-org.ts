import type { Metadata } from '@grpc/grpc-js';
import type { Clock } from '@millrace/core';
import type { SalesforceEmulator } from '../emulator.ts';
import type { EventLog } from '../event-log/event-log.ts';
import type { Counts } from './counters.ts';
import { noCounts } from './counters.ts';
import type { FaultPlan } from './fault-plan.ts';
import { createFaultPlan } from './fault-plan.ts';
import type { ManagedRecord } from './managed-subscriptions.ts';
import { createManagedRecord } from './managed-subscriptions.ts';
import type { PubSubSettings } from './options.ts';
import type { Refusal } from './refusal.ts';
import { refusals } from './refusal.ts';
import type { SchemaBook } from './schema-book.ts';
import { createSchemaBook } from './schema-book.ts';

/** What the calls share. */
export interface PubSubOrg {
  readonly orgId: string;
  readonly log: EventLog;
  readonly clock: Clock;
  readonly keepAlive: number;
  readonly schemas: SchemaBook;
  readonly counts: Counts;
  readonly faults: FaultPlan;
  readonly managed: readonly ManagedRecord[];
  /** Topics that nobody may read. */
  readonly denied: Set<string>;
  /** Whether the token of a call is good, and is for this org. */
  accepts(metadata: Metadata): boolean;
  refusalOfTopic(name: string): Refusal | undefined;
}

export function createPubSubOrg(
  org: Pick<SalesforceEmulator, 'log' | 'orgId' | 'acceptsToken'>,
  settings: PubSubSettings,
): PubSubOrg {
  const { log, orgId } = org;
  const counts = noCounts();
  const denied = new Set<string>();
  const schemas = createSchemaBook(log);
  // What is defined by now stays known when the fields change.
  for (const name of log.channels) {
    const channel = log.channel(name);
    if (channel) schemas.ofChannel(channel);
  }
  return {
    orgId,
    log,
    clock: settings.clock,
    keepAlive: settings.keepAlive,
    schemas,
    counts,
    faults: createFaultPlan(() => (counts.faults += 1)),
    managed: settings.managedSubscriptions.map((options) => createManagedRecord(log, options)),
    denied,
    accepts(metadata) {
      const value = (name: string) => metadata.get(name)[0]?.toString() ?? '';
      // Ids of 15 characters are the same as those of 18.
      const sameOrg = value('tenantid').slice(0, 15) === orgId.slice(0, 15);
      const accepted = sameOrg && value('instanceurl') !== '' && org.acceptsToken(value('accesstoken'));
      if (!accepted) counts.tokensRefused += 1;
      return accepted;
    },
    refusalOfTopic(name) {
      const kind = log.channel(name)?.kind;
      // Pub/Sub API guide: neither PushTopics nor generic events.
      if (kind !== 'platform' && kind !== 'change') return refusals.topic;
      return denied.has(name) ? refusals.denied : undefined;
    },
  };
}
