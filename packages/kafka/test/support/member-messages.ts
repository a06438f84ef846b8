import type { ClientName } from './client-of.ts';

/** What a member in a process of its own is told on its command line. */
export interface MemberConfig {
  readonly member: string;
  readonly library: ClientName;
  readonly brokers: readonly string[];
  /** Its group has the same name. */
  readonly topic: string;
  /** Path of the SQLite file with the store and the effects. */
  readonly ledger: string;
  /** Path of the file that it writes what it was given into: a line each, with the place and the time. */
  readonly deliveries: string;
}

/** A member that is told anything stands still in the next handler. */
export type FromMember =
  | { readonly kind: 'freezing'; readonly n: number }
  /** An effect came too late, and was undone. */
  | { readonly kind: 'refused'; readonly n: number; readonly code: string };
