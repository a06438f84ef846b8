import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { ClientPackage } from './protocol/protocol.ts';

export interface EventStoreUser {
  readonly password: string;
  /**
   * Whether the user may read `$all` and streams whose names begin with `$`.
   * @default false
   */
  readonly admin?: boolean;
}

export interface EventStoreServerOptions {
  /**
   * The client's package that is installed, from which the server takes the definitions of the protocol: it must be
   * the one that the process uses.
   * @default 'kurrent'
   */
  readonly client?: ClientPackage;
  /**
   * Of the times in events, of retention by age and of what persistent subscriptions wait for.
   * @default the system's
   */
  readonly clock?: Clock;
  /**
   * On the loopback address, of the first node.
   * @default 0: a free one
   */
  readonly port?: number;
  /**
   * Nodes of the cluster; the first is the leader.
   * @default 1
   */
  readonly nodes?: number;
  /**
   * Key and certificate in PEM form, such as `authoritySigned()` makes them.
   * @default none: without TLS, and clients send no credentials
   */
  readonly tls?: { readonly key: string; readonly certificate: string };
  /**
   * Calls at the same time on a connection; further ones wait in the client. Kestrel's default.
   * @default 100
   */
  readonly streamCap?: number;
  /**
   * By their names. Without users everybody may do everything, as on a server that is started with `--insecure`.
   * @default none
   */
  readonly users?: Readonly<Record<string, EventStoreUser>>;
  /** Bearer tokens that are accepted, with the rights of an admin. */
  readonly tokens?: readonly string[];
  /**
   * Bytes of all events of one append.
   * @default 1_048_576
   */
  readonly maxAppendSize?: number;
  /**
   * Whether links by category (`$ce-`) and by event type (`$et-`) are written, as the system projections do.
   * @default true
   */
  readonly projections?: boolean;
  /**
   * What the server says that it is: a semantic version.
   * @default '24.10.0'
   */
  readonly version?: string;
}

/** Options with the defaults filled in. */
export type EventStoreSettings = Required<Omit<EventStoreServerOptions, 'tls' | 'users'>> &
  Readonly<{ tls: EventStoreServerOptions['tls']; users: EventStoreServerOptions['users'] }>;

/** Throws a TypeError that says which option makes no sense. */
export function eventStoreSettings(options: EventStoreServerOptions): EventStoreSettings {
  const settings = {
    client: options.client ?? 'kurrent',
    clock: options.clock ?? systemClock,
    port: options.port ?? 0,
    nodes: options.nodes ?? 1,
    tls: options.tls,
    streamCap: options.streamCap ?? 100,
    users: options.users,
    tokens: options.tokens ?? [],
    maxAppendSize: options.maxAppendSize ?? 1_048_576,
    projections: options.projections ?? true,
    version: options.version ?? '24.10.0',
  };
  for (const name of ['nodes', 'streamCap', 'maxAppendSize'] as const) {
    const value = settings[name];
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new TypeError(`The option "${name}" takes a whole number from 1 on, not ${value}.`);
    }
  }
  if (!/^\d+\.\d+\.\d+/.test(settings.version)) {
    throw new TypeError(
      `The option "version" takes a semantic version such as 24.10.0, not "${settings.version}".`,
    );
  }
  return settings;
}
