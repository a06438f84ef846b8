import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { ManagedSubscriptionOptions } from './managed-subscriptions.ts';

export interface PubSubEmulatorOptions {
  /**
   * Of keep-alives and idle streams.
   * @default the system's
   */
  readonly clock?: Clock;
  /**
   * On the loopback address.
   * @default 0: a free one
   */
  readonly port?: number;
  /**
   * Key and certificate in PEM form, such as `selfSigned()` makes them.
   * @default none: without TLS
   */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /**
   * Milliseconds without an event until an empty response is sent. Salesforce promises one within 270,000.
   * @default 60_000: what is seen in practice
   */
  readonly keepAlive?: number;
  /** The org's records of ManagedEventSubscription. */
  readonly managedSubscriptions?: readonly ManagedSubscriptionOptions[];
  /**
   * Streams at the same time.
   * @default 1_000
   */
  readonly concurrentClients?: number;
}

/** Options with the defaults filled in. */
export interface PubSubSettings {
  readonly clock: Clock;
  readonly port: number;
  readonly tls: { readonly key: string; readonly certificate: string } | undefined;
  readonly keepAlive: number;
  readonly managedSubscriptions: readonly ManagedSubscriptionOptions[];
  readonly concurrentClients: number;
}

export function pubSubSettings(options: PubSubEmulatorOptions): PubSubSettings {
  return {
    clock: options.clock ?? systemClock,
    port: options.port ?? 0,
    tls: options.tls,
    keepAlive: options.keepAlive ?? 60_000,
    managedSubscriptions: options.managedSubscriptions ?? [],
    concurrentClients: options.concurrentClients ?? 1_000,
  };
}
