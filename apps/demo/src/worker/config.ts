import type { Routes } from '../broker/topology.ts';
import type { TicketsAccess } from '../relay/config.ts';

/** Makes a worker misbehave with one event, to show that the books would tell. */
export interface Sabotage {
  readonly how: 'twice' | 'lose';
  readonly eventId: string;
}

/** How to reach the CRM. The secret that belongs to it is in the environment variable `CRM_CLIENT_SECRET`. */
export interface CrmAccess {
  readonly url: string;
  readonly clientId: string;
}

/** What others push, and where. The secrets are in `PUSH_SECRETS` (as in a secrets file) and `PAYMENTS_SECRET`. */
export interface PushAccess {
  readonly broadcaster: string;
  /** Where workers are found, all at one address. */
  readonly publicUrl: string;
  /** Where this worker listens. */
  readonly port: number;
}

/** What a worker process is told on its command line. */
export interface WorkerConfig {
  readonly name: string;
  /** Of the SQLite file. */
  readonly database: string;
  /** Of the SQS and SNS server. */
  readonly endpoint: string;
  readonly routes: Routes;
  readonly crm: CrmAccess;
  /** Of the event store: a connection string. */
  readonly eventStore: string;
  readonly push: PushAccess;
  /** Undefined: there is no Kafka. */
  readonly tickets: TicketsAccess | undefined;
  readonly sabotage: Sabotage | undefined;
}
