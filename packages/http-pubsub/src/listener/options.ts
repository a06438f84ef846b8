import type { Clock, Logger } from '@millrace/core';
import { silentLogger, systemClock } from '@millrace/core';
import { definedOf, longestTimer, optionChecks } from '../option-checks.ts';

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

const defaults: Required<ListenerLimits> = {
  headersTimeout: 10_000,
  bodyTimeout: 300_000,
  minBodyRate: 1_024,
  bodyGrace: 10_000,
  keepAliveTimeout: 65_000,
  maxConnections: 1_024,
  drainTimeout: 10_000,
};

/** Throws PUBSUB_OPTIONS. */
export function checkListenerOptions(options: ListenerOptions): ListenerSettings {
  const { host, port, maxBody = 104_857_600 } = options;
  const check = optionChecks('The listener');
  check.wholeNumber('port', port, 0, 65_535);
  if (port === undefined && host !== undefined) check.fail('"host" goes with a "port"');
  const limits = { ...defaults, ...definedOf(options.limits ?? {}) };
  const { minBodyRate, maxConnections, drainTimeout, ...times } = limits;
  for (const [name, time] of Object.entries(times)) check.milliseconds(`limits.${name}`, time, 1);
  check.milliseconds('limits.drainTimeout', drainTimeout, 0);
  check.wholeNumber('limits.minBodyRate', minBodyRate, 1);
  check.wholeNumber('limits.maxConnections', maxConnections, 1, longestTimer);
  return {
    address: port === undefined ? undefined : { host: host ?? '127.0.0.1', port },
    maxBody: check.wholeNumber('maxBody', maxBody, 1),
    limits,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLogger,
  };
}
