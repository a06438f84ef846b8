import type { SourceSettings, StartPosition } from '@millrace/core';
import type { AuthProvider } from './auth/provider.ts';

export interface ChannelOptions {
  /** Such as `/event/Order__e`, `/data/ChangeEvents`, `/topic/Open?Status=New`, `/u/notices`. */
  readonly channel: string;
  /** @default that of the source */
  readonly start?: StartPosition;
  /** @default that of the source */
  readonly onInvalidPosition?: 'earliest' | 'latest' | 'fail';
}

export interface SalesforceOptions extends SourceSettings {
  readonly auth: AuthProvider;
  readonly channels: readonly (string | ChannelOptions)[];
  /** @default 'bayeux' */
  readonly transport?: 'bayeux' | 'pubsub';
  /**
   * Such as `66.0`; `latest` asks the org.
   * @default '66.0'
   */
  readonly apiVersion?: string;
  /**
   * Replaces the global `fetch`: for proxies and certificates of your own.
   * @default globalThis.fetch
   */
  readonly fetch?: typeof fetch;
}

/** Options checked, with the defaults filled in. */
export interface SalesforceSettings {
  readonly auth: AuthProvider;
  readonly apiVersion: string;
  readonly fetch: typeof fetch;
}
