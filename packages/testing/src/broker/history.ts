import type { Settlement } from '@millrace/core';

/** Something that happened to an event in a broker. */
export type Happening =
  | { readonly kind: 'published' }
  | { readonly kind: 'delivered'; readonly deliveryCount: number }
  | { readonly kind: 'settled'; readonly outcome: Settlement['outcome'] }
  /** A consumer said something about a delivery that was no longer its own. */
  | { readonly kind: 'refused'; readonly outcome: Settlement['outcome'] | 'extend' }
  | { readonly kind: 'extended'; /** Milliseconds. */ readonly lease: number }
  | { readonly kind: 'expired' }
  /** The broker itself gave up on it, after too many deliveries. */
  | { readonly kind: 'parked' };

/** `at` is the broker's wall clock, in milliseconds since 1970. */
export type HistoryEntry = {
  readonly at: number;
  readonly destination: string;
  readonly id: string;
} & Happening;

export type Record = (id: string, happening: Happening) => void;
