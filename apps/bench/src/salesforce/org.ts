import type { Worker } from '../process/worker.ts';
import { startWorker } from '../process/worker.ts';

export interface OrgAddress {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** All access tokens are refused from now on, or the server ends all sessions. */
export type Trouble = 'revoked' | 'kicked';

/** What the process of an emulated org can be asked for. */
export interface OrgCalls {
  address(): OrgAddress;
  /** Makes a channel with so many events, numbered from 0. Answers the replay id of the last. */
  fill(channel: string, events: number): string;
  /** Publishes one event, and answers its replay id. */
  publish(channel: string, number: number): string;
  /** Resolves when somebody's poll hangs. */
  pollHangs(): Promise<void>;
  /** Makes trouble, and publishes an event right after it. */
  makeTrouble(
    trouble: Trouble,
    channel: string,
    number: number,
  ): Promise<{
    /** By `monotonic`, when the trouble began. */
    readonly at: number;
    /** The replay id of the event. */
    readonly position: string;
  }>;
}

export type Org = Worker<OrgCalls>;

export function startOrg(eventsPerReply: number): Org {
  return startWorker<OrgCalls>(new URL('org-process.ts', import.meta.url), [String(eventsPerReply)]);
}
