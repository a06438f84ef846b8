import type { ConnectionOptions } from 'node:tls';
import type { SourceSettings } from '@millrace/core';
import type { BroadcasterAddress } from '../calls/broadcaster-list.ts';
import type { HandshakeOptions } from '../handshake/answer.ts';
import type { Listener } from '../listener/listener.ts';
import type { ListenerLimits } from '../listener/options.ts';
import type { OutgoingLimits } from '../outgoing/limits.ts';
import type { DecodeOptions } from '../receive/incoming.ts';
import type { SpoolOptions } from '../receive/spool.ts';
import type { Auth } from '../wire/auth/scheme.ts';
import type { GlobDialect } from '../wire/glob/glob.ts';

/** How broadcasters are called. */
export interface CallOptions {
  /** Those that stand for each other, for they share their subscriptions. */
  readonly broadcasters: readonly BroadcasterAddress[];
  /**
   * How each side proves who it is: `authBySecrets(parseSecrets(file))`.
   * @default nothing is proven
   */
  readonly auth?: Auth;
  /** When all broadcasters failed, they are tried again, after anything from a half up to a whole bound that doubles. */
  readonly calls?: {
    /**
     * Times that each broadcaster is tried again.
     * @default 2
     */
    readonly retries?: number;
    /**
     * The first bound in milliseconds.
     * @default 1_000
     */
    readonly delay?: number;
    /** @default 30_000 */
    readonly maxDelay?: number;
  };
  /** Of one call. */
  readonly timeouts?: Partial<OutgoingLimits>;
  /** For broadcasters with certificates of an authority of your own, or that want one from you. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>;
}

/** Where requests come in: exactly one. */
export type ListenOptions =
  | {
      /** Shared with others, or mounted into a server of yours. Yours to close. */
      readonly listener: Listener;
      readonly listen?: never;
    }
  | {
      /** A server of the source's own. @default { host: '127.0.0.1' } */
      readonly listen: {
        readonly host?: string;
        readonly port: number;
        readonly limits?: ListenerLimits;
      };
      readonly listener?: never;
    };

export type HttpPubsubOptions = Omit<SourceSettings, 'start' | 'onInvalidPosition' | 'commit'> &
  CallOptions &
  ListenOptions &
  DecodeOptions & {
    /**
     * Where broadcasters reach this subscriber, through all proxies. It is the name of the subscription: what is proven is
     * proven for it, whatever a proxy makes of host and path. Instances behind one URL share the events, others each get all.
     */
    readonly publicUrl: string;
    /**
     * Where requests come in at the listener, when a proxy takes off a part of the path.
     * @default the path of `publicUrl`
     */
    readonly path?: string;
    /**
     * Answers broadcasters that ask, by OPTIONS, whether they may call: Millrace's with `ownership: { origin }`. Those that say that they are
     * somebody else are refused. It proves nothing: that is for `auth`.
     * @default OPTIONS is answered with 405, and such a broadcaster keeps no subscription
     */
    readonly handshake?: HandshakeOptions;
    /** Topics. */
    readonly exact?: readonly (string | Uint8Array)[];
    /** Patterns of topics. */
    readonly globs?: readonly string[];
    /**
     * What the broadcaster understands by a pattern. lonelypss over HTTP: `sqlite`.
     * @default 'segments'
     */
    readonly globDialect?: GlobDialect;
    /**
     * The broadcaster delivers again what was answered with 503, and waits as told by Retry-After: Millrace's does, lonelypss
     * does not.
     * @default false
     */
    readonly redelivers?: boolean;
    /**
     * Milliseconds that a broadcaster waits for an answer at most. lonelypss waits for 5 seconds.
     * @default 4_000
     */
    readonly handlerTimeout?: number;
    /**
     * What it is answered then, while the handler goes on. `confirm`: the event counts as delivered, and is lost if this
     * process ends before its handler has. `fail`: it counts as missed, or comes again.
     * @default 'confirm'; 'fail' if the broadcaster `redelivers`
     */
    readonly onHandlerTimeout?: 'confirm' | 'fail';
    /**
     * Events that may wait beside those that core has; others are answered with 503.
     * @default 64
     */
    readonly maxWaiting?: number;
    /**
     * Bytes of an event.
     * @default 104_857_600
     */
    readonly maxBody?: number;
    /** Events beyond `threshold` bytes wait in private files, and not in memory. */
    readonly spool?: SpoolOptions;
    /**
     * Milliseconds between two looks whether the broadcaster has our subscriptions. It is also looked after each sign of
     * something missed.
     * @default 60_000
     */
    readonly reconcileInterval?: number;
    /**
     * Ends the subscriptions when the source is closed. Else the broadcaster goes on calling, and what it could not deliver
     * meanwhile is known as missed, or comes again.
     * @default false
     */
    readonly unsubscribeOnClose?: boolean;
  };
