import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '@millrace/core';
import type { Spooling } from '../receive/spool.ts';
import type { Auth } from '../wire/auth/scheme.ts';

/** What a connection of either a subscriber or a publisher goes by. */
export interface ConnectionSettings {
  readonly auth: Auth;
  readonly clock: Clock;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly spooling: Spooling;
  /** Undefined: nothing is compressed. */
  readonly compression: CompressionSettings | undefined;
  readonly minimalHeaders: boolean;
  readonly tls: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'> | undefined;
  /** Bytes that a message over the WebSocket has at most when it is sent. */
  readonly maxMessage: number;
  /** Bytes that an event may have. */
  readonly maxBody: number;
  readonly timeouts: Timeouts;
}

/** Milliseconds. */
export interface Timeouts {
  readonly open: number;
  readonly close: number;
  readonly heartbeat: number;
  readonly reply: number;
}

export interface CompressionSettings {
  /** Agreed on beforehand, by id (2 to 65535). */
  readonly dictionaries: ReadonlyMap<number, Uint8Array>;
  /** The one of them to begin with; 0 for none. */
  readonly initial: number;
}
