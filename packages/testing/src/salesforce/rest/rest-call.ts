import type { EventLog } from '../event-log/event-log.ts';

/** What of an org its REST API needs. */
export interface RestOrg {
  readonly log: EventLog;
  accepts(token: string | undefined): boolean;
  usage(): Usage;
}

export interface Usage {
  /** Streaming clients that are connected, and how many there may be. */
  readonly clients: number;
  readonly mostClients: number;
  /** Events delivered within 24 hours, and how many there may be. */
  readonly delivered: number;
  readonly mostDelivered: number;
}

/** A request to a resource of one API version; a part of a batch is one too. */
export interface RestCall {
  readonly method: string;
  /** Such as 66. */
  readonly version: number;
  /** After the version, without slashes at the ends: `sobjects/Order__e`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As text, since it may be no JSON. Parts of batches have theirs written anew. */
  readonly body: string;
}

export interface RestReply {
  readonly status: number;
  readonly body: unknown;
}

/** Answers a call to a resource that knows the path. */
export type RestResource = (org: RestOrg, call: RestCall, match: readonly string[]) => RestReply;
