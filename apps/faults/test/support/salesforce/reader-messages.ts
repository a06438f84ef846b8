import type { FastTime } from './fast-clock.ts';

/** What a reader is told on its command line. */
export interface ReaderConfig {
  /** Of the SQLite file with the store and the table of effects. */
  readonly ledger: string;
  readonly login: { readonly clientId: string; readonly clientSecret: string; readonly loginUrl: string };
  readonly channels: readonly string[];
  readonly time: FastTime;
  /** Of its own chance: how long it waits before it tries again. */
  readonly seed: number;
}

export type FromReader =
  | { readonly kind: 'reading' }
  /** Its start has failed, which can be tried again. */
  | { readonly kind: 'not started'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  /** When it was asked. */
  | { readonly kind: 'health'; readonly health: unknown };
