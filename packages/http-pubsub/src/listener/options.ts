import type { Clock, Logger } from '@millrace/core';
import { silentLogger, systemClock } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';

export interface ListenerOptions {
  /**
   * Address to listen on.
   * @default '127.0.0.1'
   */
  readonly host?: string;
  /** Port to listen on; 0 for any that is free. Without it nothing is bound: mount `handler` or `fetch` into a server of yours. */
  readonly port?: number;
  /**
   * Bytes of a body.
   * @default 104_857_600
   */
  readonly maxBody?: number;
  readonly limits?: ListenerLimits;
  /** @default the system's */
  readonly clock?: Clock;
  /**
   * Told of errors that are answered with 500.
   * @default none
   */
  readonly log?: Logger;
}

/** Times are in milliseconds. Those of headers and connections hold for a server of the listener's own. */
export interface ListenerLimits {
  /**
   * Until all headers are there.
   * @default 10_000
   */
  readonly headersTimeout?: number;
  /**
   * Waited for a body altogether; the time that a handler takes to read is not counted.
   * @default 300_000
   */
  readonly bodyTimeout?: number;
  /**
   * Bytes per second of a body, on average, once `bodyGrace` is over.
   * @default 1_024
   */
  readonly minBodyRate?: number;
  /** @default 10_000 */
  readonly bodyGrace?: number;
  /**
   * How long a connection stays open without a request. Longer than that of a proxy in front.
   * @default 65_000
   */
  readonly keepAliveTimeout?: number;
  /**
   * Connections at the same time; others are closed at once.
   * @default 1_024
   */
  readonly maxConnections?: number;
  /**
   * How long `close` waits for requests that run.
   * @default 10_000
   */
  readonly drainTimeout?: number;
}

export interface ListenerSettings {
  readonly address: { readonly host: string; readonly port: number } | undefined;
  readonly maxBody: number;
  readonly limits: Required<ListenerLimits>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** The longest time that a timer can be set to. */
const longestTime = 2 ** 31 - 1;

/** Throws PUBSUB_OPTIONS. */
export function checkListenerOptions(options: ListenerOptions): ListenerSettings {
  const { host, port, maxBody = 104_857_600, limits = {} } = options;
  if (port !== undefined) within('port', port, 0, 65_535);
  else if (host !== undefined) throw wrong('`host` of a listener goes with a `port`.');
  within('maxBody', maxBody, 1, Number.MAX_SAFE_INTEGER);
  return {
    address: port === undefined ? undefined : { host: host ?? '127.0.0.1', port },
    maxBody,
    limits: {
      headersTimeout: time('headersTimeout', limits.headersTimeout, 10_000),
      bodyTimeout: time('bodyTimeout', limits.bodyTimeout, 300_000),
      minBodyRate: within('limits.minBodyRate', limits.minBodyRate ?? 1_024, 1, Number.MAX_SAFE_INTEGER),
      bodyGrace: time('bodyGrace', limits.bodyGrace, 10_000),
      keepAliveTimeout: time('keepAliveTimeout', limits.keepAliveTimeout, 65_000),
      maxConnections: within('limits.maxConnections', limits.maxConnections ?? 1_024, 1, longestTime),
      drainTimeout: time('drainTimeout', limits.drainTimeout, 10_000, 0),
    },
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLogger,
  };
}

function time(name: string, value: number | undefined, preset: number, least = 1): number {
  return within(`limits.${name}`, value ?? preset, least, longestTime);
}

function within(name: string, value: unknown, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value;
  throw wrong(`\`${name}\` of a listener must be a whole number from ${least} to ${most}.`);
}

function wrong(problem: string): Error {
  return httpPubsubError('PUBSUB_OPTIONS', problem);
}
