import type { Clock, Logger } from '@millrace/core';
import type { Spooling } from '../../receive/spool.ts';
import type { Access } from '../access/clients.ts';
import type { GlobDialect } from '../../wire/glob/glob.ts';
import type { Wanted } from '../../wire/stateless/requests.ts';

/** A message from or to sockets. */
export interface SocketPublication {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly body: SocketBody;
}

export interface SocketBody {
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** What the sockets need of the broadcaster that they belong to. */
export interface SocketHub {
  /**
   * Tells all subscribers, sockets included; answers how many were reached. The body is there until it does. A reject ends
   * the socket.
   */
  publish(publication: SocketPublication): Promise<number>;
  /**
   * The first socket wants this, or the last one that did wants it no more: for broadcasters that share their
   * subscriptions with others. A reject of the former ends the socket.
   */
  interest?(change: 'added' | 'removed', wanted: Wanted): Promise<void>;
}

export interface SocketSettings {
  /** Who may do what. */
  readonly access: Access;
  readonly hub: SocketHub;
  readonly clock: Clock;
  readonly log: Logger;
  readonly randomBytes: (count: number) => Uint8Array;
  readonly spooling: Spooling;
  readonly globDialect: GlobDialect;
  readonly minimalHeaders: boolean;
  /** Undefined: nothing is compressed. */
  readonly compression:
    | {
        readonly level: number;
        /** Bytes from which on a message is compressed. */
        readonly minSize: number;
        /** Agreed on beforehand, by id (2 to 65535). */
        readonly dictionaries: ReadonlyMap<number, Uint8Array>;
      }
    | undefined;
  /** Bytes of one message over a socket. */
  readonly maxMessage: number;
  /** Bytes that an event may have. */
  readonly maxBody: number;
  /** `auto`: as our own client counts for itself, as lonelypsc for everybody else. */
  readonly counter: 'auto' | 'per-part' | 'per-message';
  readonly limits: {
    readonly sockets: number;
    /** Topics and globs of a socket. */
    readonly subscriptions: number;
    /** Parts that a socket has not acknowledged. */
    readonly unacknowledged: number;
    /** Messages that wait to be sent to a socket, and their bytes. */
    readonly waitingMessages: number;
    readonly waitingBytes: number;
    /** Requests of a socket that wait for their reply. */
    readonly requests: number;
  };
  /** Milliseconds. */
  readonly timeouts: {
    readonly configure: number;
    readonly close: number;
    readonly heartbeat: number;
    /** For what waits to be sent at the end. */
    readonly drain: number;
  };
}
