import { randomBytes } from 'node:crypto';
import type { ConnectionOptions } from 'node:tls';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import type { OptionChecks } from '../option-checks.ts';
import type { SpoolOptions } from '../receive/spool.ts';
import { createSpooling } from '../receive/spool.ts';
import { checkSpool } from '../receive/subscribed.ts';
import type { Auth } from '../wire/auth/scheme.ts';
import { checkAuth } from '../wire/auth/check-auth.ts';
import type { CompressionSettings, ConnectionSettings } from './settings.ts';

export interface BroadcasterOptions {
  /** Its base, such as `ws://localhost:3003` or `wss://events.example/pubsub`: `/v1/websocket` is appended. */
  readonly url: string;
  /**
   * Lower ones are tried first; among the same, at random.
   * @default after all that have one
   */
  readonly priority?: number;
}

export interface ReconnectOptions {
  /**
   * Milliseconds to wait at most once every broadcaster has failed; doubles from pass to pass.
   * @default 1000
   */
  readonly delay?: number;
  /** @default 30000 */
  readonly maxDelay?: number;
  /**
   * Passes over all broadcasters without a connection that lasts, after which it is given up.
   * @default Infinity
   */
  readonly attempts?: number;
}

export interface CompressionOptions {
  /** Dictionaries that both sides have, by id (2 to 65535). Used where Node can: from 22.19 and 24.6 on. */
  readonly dictionaries?: Readonly<Record<number, Uint8Array>>;
  /** The one of them to begin with. The broadcaster must have it. */
  readonly initial?: number;
}

/** What a WebSocket subscriber and a WebSocket publisher have in common. */
export interface WebsocketOptions {
  /** Where there are several, the others take over when one is gone. */
  readonly broadcasters: readonly BroadcasterOptions[];
  /**
   * How each side proves who it is: `authBySecrets(parseSecrets(file))`.
   * @default nothing is proven
   */
  readonly auth?: Auth;
  readonly reconnect?: ReconnectOptions;
  /** For broadcasters with certificates of an authority of your own, or that want one from you. */
  readonly tls?: Pick<ConnectionOptions, 'ca' | 'cert' | 'key'>;
  /**
   * Zstandard, where Node has it (from 22.15 on).
   * @default {}
   */
  readonly compression?: CompressionOptions | false;
  /**
   * Leaves out the names of headers.
   * @default true
   */
  readonly minimalHeaders?: boolean;
  /**
   * Bytes of one message over the WebSocket; larger events are sent in parts. lonelypss takes 16 MiB and aiohttp 4 MiB.
   * @default 3.5 MiB
   */
  readonly maxMessage?: number;
  /**
   * Bytes that an event may have.
   * @default 100 MiB
   */
  readonly maxBody?: number;
  /** Events beyond `threshold` bytes wait in private files, and not in memory. */
  readonly spool?: SpoolOptions;
  /** Milliseconds. */
  readonly timeouts?: {
    /**
     * For a connection, and again for its handshake.
     * @default 5000
     */
    readonly open?: number;
    /** @default 5000 */
    readonly close?: number;
    /**
     * Between pings. A broadcaster that is silent for two of them is gone.
     * @default 10000
     */
    readonly heartbeat?: number;
    /**
     * For a reply. lonelypss replies to a notification when all subscribers have.
     * @default 60000
     */
    readonly reply?: number;
  };
}

export interface Broadcaster {
  /** Of its WebSocket. */
  readonly url: string;
  readonly priority: number | undefined;
}

export type ReconnectSettings = Required<ReconnectOptions>;

export interface WebsocketSettings {
  readonly broadcasters: readonly Broadcaster[];
  readonly reconnect: ReconnectSettings;
  readonly connection: (clock?: Clock) => ConnectionSettings;
}

const leastMessage = 700;

/** Throws PUBSUB_OPTIONS. */
export function checkWebsocketOptions(check: OptionChecks, options: WebsocketOptions): WebsocketSettings {
  if (typeof options !== 'object' || options === null) check.fail('options are needed');
  const { reconnect = {}, timeouts = {}, compression = {}, minimalHeaders = true } = options;
  const delay = check.milliseconds('reconnect.delay', reconnect.delay ?? 1_000, 1);
  const checked = {
    auth: checkAuth(check, options.auth),
    randomBytes,
    compression: compression === false ? undefined : checkCompression(check, compression),
    minimalHeaders,
    tls: options.tls,
    maxMessage: check.wholeNumber('maxMessage', options.maxMessage ?? 3.5 * 1024 ** 2, leastMessage),
    maxBody: check.wholeNumber('maxBody', options.maxBody ?? 100 * 1024 ** 2, 1),
    timeouts: {
      open: check.milliseconds('timeouts.open', timeouts.open ?? 5_000, 1),
      close: check.milliseconds('timeouts.close', timeouts.close ?? 5_000, 0),
      heartbeat: check.milliseconds('timeouts.heartbeat', timeouts.heartbeat ?? 10_000, 1),
      reply: check.milliseconds('timeouts.reply', timeouts.reply ?? 60_000, 1),
    },
  };
  if (typeof minimalHeaders !== 'boolean') check.fail('"minimalHeaders" must be true or false');
  const { attempts = Infinity } = reconnect;
  if (attempts !== Infinity) check.wholeNumber('reconnect.attempts', attempts, 1);
  const spooling = createSpooling(checkSpool(check, options.spool));
  return {
    broadcasters: checkBroadcasters(check, options.broadcasters),
    reconnect: {
      delay,
      maxDelay: check.milliseconds(
        'reconnect.maxDelay',
        reconnect.maxDelay ?? Math.max(delay, 30_000),
        delay,
      ),
      attempts,
    },
    connection: (clock = systemClock) => ({ ...checked, clock, spooling }),
  };
}

function checkBroadcasters(check: OptionChecks, broadcasters: unknown): readonly Broadcaster[] {
  if (!Array.isArray(broadcasters) || broadcasters.length === 0) {
    check.fail('"broadcasters" must be a list such as [{ url: "ws://localhost:3003" }]');
  }
  return broadcasters.map((broadcaster: BroadcasterOptions) => {
    const { url, priority } = broadcaster ?? {};
    if (priority !== undefined && !Number.isFinite(priority)) check.fail('"priority" must be a number');
    return { url: websocketUrl(check, url), priority };
  });
}

function websocketUrl(check: OptionChecks, text: unknown): string {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^wss?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    return check.fail(
      'the "url" of a broadcaster must begin with ws:// or wss://, without query and fragment',
    );
  }
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/websocket`;
  return url.href;
}

function checkCompression(
  check: OptionChecks,
  { dictionaries = {}, initial }: CompressionOptions,
): CompressionSettings {
  const byId = new Map(Object.entries(dictionaries).map(([id, dictionary]) => [Number(id), dictionary]));
  for (const [id, dictionary] of byId) {
    if (!Number.isInteger(id) || id < 2 || id > 65_535 || !(dictionary instanceof Uint8Array)) {
      check.fail('"compression.dictionaries" must be bytes by ids from 2 to 65535');
    }
  }
  if (initial !== undefined && !byId.has(initial)) {
    check.fail('"compression.initial" must be the id of one of the dictionaries');
  }
  return { dictionaries: byId, initial: initial ?? 0 };
}
