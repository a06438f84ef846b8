import { randomBytes } from 'node:crypto';
import type { Clock, Logger } from '@millrace/core';
import { silentLogger, systemClock } from '@millrace/core';
import { optionChecks } from '../../option-checks.ts';
import type { Spooling } from '../../receive/spool.ts';
import { createSpooling } from '../../receive/spool.ts';
import type { Auth } from '../../wire/auth/scheme.ts';
import { noAuth } from '../../wire/auth/scheme.ts';
import type { GlobDialect } from '../../wire/glob/glob.ts';
import type { AccessRequest, BroadcasterClient } from '../access/clients.ts';
import { createAccess } from '../access/clients.ts';
import type { SocketHub, SocketSettings } from './settings.ts';

/** Of the WebSockets of a broadcaster. */
export interface SocketOptions {
  /** @default nothing is proven */
  readonly auth?: Auth;
  /** Those with keys of their own, as the broadcaster has them. */
  readonly clients?: readonly BroadcasterClient[];
  /** As the broadcaster asks it. */
  readonly authorize?: (request: AccessRequest) => boolean | Promise<boolean>;
  /** @default the system's */
  readonly clock?: Clock;
  /** @default none */
  readonly log?: Logger;
  /** Where large events go. @default files of its own */
  readonly spooling?: Spooling;
  /** @default 'segments' */
  readonly globDialect?: GlobDialect;
  /** @default true */
  readonly minimalHeaders?: boolean;
  /**
   * Zstandard, where Node has it.
   * @default { level: 3, minSize: 16384 }
   */
  readonly compression?:
    | {
        readonly level?: number;
        readonly minSize?: number;
        readonly dictionaries?: Readonly<Record<number, Uint8Array>>;
      }
    | false;
  /**
   * Bytes of one message over a socket; larger events are sent in parts. aiohttp takes 4 MiB.
   * @default 3.5 MiB
   */
  readonly maxMessage?: number;
  /** @default 100 MiB */
  readonly maxBody?: number;
  readonly compat?: {
    readonly lonelypsc?: {
      /**
       * How the counter moves on that is signed with each message: by part, as the protocol has it, or by message, as
       * lonelypsc counts, which otherwise loses the message after one that has several parts.
       * @default 'auto': our own client is known by what it says, all others are taken for lonelypsc
       */
      readonly counter?: 'auto' | 'per-part' | 'per-message';
    };
  };
  readonly limits?: Partial<SocketSettings['limits']>;
  /** Milliseconds. */
  readonly timeouts?: Partial<SocketSettings['timeouts']>;
}

export interface WebsocketEndpointOptions extends SocketOptions {
  readonly hub: SocketHub;
}

/** Throws PUBSUB_OPTIONS. */
export function checkEndpointOptions(options: WebsocketEndpointOptions): SocketSettings {
  const { compression = {}, limits = {}, timeouts = {}, compat = {} } = options;
  const check = optionChecks('serveWebsockets');
  const counter = check.oneOf('compat.lonelypsc.counter', compat.lonelypsc?.counter ?? 'auto', [
    'auto',
    'per-part',
    'per-message',
  ]);
  const settings: SocketSettings = {
    access: createAccess({
      auth: options.auth ?? { toBroadcaster: noAuth, toSubscriber: noAuth },
      clients: options.clients ?? [],
      authorize: options.authorize,
    }),
    hub: options.hub,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLogger,
    randomBytes,
    spooling: options.spooling ?? createSpooling(),
    globDialect: options.globDialect ?? 'segments',
    minimalHeaders: options.minimalHeaders ?? true,
    compression:
      compression === false
        ? undefined
        : {
            level: compression.level ?? 3,
            minSize: compression.minSize ?? 16_384,
            dictionaries: new Map(
              Object.entries(compression.dictionaries ?? {}).map(([id, bytes]) => [Number(id), bytes]),
            ),
          },
    maxMessage: options.maxMessage ?? 3.5 * 1024 ** 2,
    maxBody: options.maxBody ?? 100 * 1024 ** 2,
    counter,
    limits: {
      sockets: 10_000,
      subscriptions: 1_000,
      unacknowledged: 3,
      waitingMessages: 1_000,
      waitingBytes: 64 * 1024 ** 2,
      requests: 64,
      ...limits,
    },
    timeouts: { configure: 5_000, close: 5_000, heartbeat: 20_000, drain: 5_000, ...timeouts },
  };
  const { maxMessage, maxBody } = settings;
  check.wholeNumbers('', { maxMessage, maxBody }, 1);
  check.wholeNumbers('limits', settings.limits, 1);
  check.wholeNumbers('timeouts', settings.timeouts, 1);
  return settings;
}
