import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { invalid } from './event-log/options.ts';

/** Where events stand in a reply. `random` draws anew for each. */
export type Placement = 'before' | 'after' | 'random';

export interface OrgLimits {
  /**
   * Sessions at the same time.
   * @default 2,000, as Performance and Unlimited Edition have
   */
  readonly concurrentClients?: number;
  /**
   * Events delivered within 24 hours, counted for each subscriber.
   * @default none
   */
  readonly deliveredPerDay?: number;
}

export interface OrgOptions {
  /**
   * The clock of holds, expiries, retention and dates.
   * @default the system's
   */
  readonly clock?: Clock;
  /**
   * Makes holds, session expiry and the life of routes so many times shorter, and the advice with them. Retention and
   * dates stay.
   * @default 1
   */
  readonly timeScale?: number;
  /**
   * Of everything that is drawn: ids, gaps, placements.
   * @default 1
   */
  readonly seed?: number;
  /**
   * On the loopback address.
   * @default 0: a free one
   */
  readonly port?: number;
  readonly limits?: OrgLimits;
  /**
   * Replaces a refresh token whenever it is used.
   * @default false
   */
  readonly rotateRefreshTokens?: boolean;
  /**
   * Servers behind the load balancer; each knows only its own sessions.
   * @default 2
   */
  readonly appServers?: number;
  /**
   * Events before or after the reply to the connect that they came with.
   * @default 'random'
   */
  readonly events?: Placement;
  /**
   * Events that are there already come in the reply to the subscribe (true) or with the next connect (false).
   * @default 'random'
   */
  readonly eventsInSubscribeReply?: boolean | 'random';
  /**
   * The most events in one reply; the rest comes with the next poll.
   * @default no limit: replies of many megabytes are seen
   */
  readonly eventsPerReply?: number;
  /**
   * Writes bodies in chunks of 1 to so many bytes, cut anywhere. 0: in one.
   * @default 0
   */
  readonly chunkBytes?: number;
  /**
   * Compresses for clients that accept gzip.
   * @default false
   */
  readonly gzip?: boolean;
}

/** Options checked, with the defaults filled in. Milliseconds are scaled. */
export interface OrgSettings {
  readonly clock: Clock;
  readonly seed: number;
  readonly port: number;
  readonly concurrentClients: number;
  readonly deliveredPerDay: number;
  readonly rotateRefreshTokens: boolean;
  readonly appServers: number;
  readonly events: Placement;
  readonly eventsInSubscribeReply: boolean | 'random';
  readonly eventsPerReply: number;
  readonly chunkBytes: number;
  readonly gzip: boolean;
  /** How long an idle poll is held, and what the advice says. */
  readonly hold: number;
  /** How long after a reply a session waits for the next poll. */
  readonly expiry: number;
  readonly routeLife: number;
}

export function orgSettings(options: OrgOptions): OrgSettings {
  const { timeScale = 1, appServers = 2, chunkBytes = 0, eventsPerReply = Infinity } = options;
  if (!(timeScale > 0)) invalid(`timeScale must be more than 0, not ${timeScale}.`);
  if (!Number.isInteger(appServers) || appServers < 1) {
    invalid(`appServers must be a whole number of 1 or more, not ${appServers}.`);
  }
  if (!Number.isInteger(chunkBytes) || chunkBytes < 0) {
    invalid(`chunkBytes must be a whole number of 0 or more, not ${chunkBytes}.`);
  }
  if (!(eventsPerReply >= 1)) invalid(`eventsPerReply must be 1 or more, not ${eventsPerReply}.`);
  const scaled = (milliseconds: number) => Math.max(1, Math.round(milliseconds / timeScale));
  return {
    clock: options.clock ?? systemClock,
    seed: options.seed ?? 1,
    port: options.port ?? 0,
    concurrentClients: options.limits?.concurrentClients ?? 2_000,
    deliveredPerDay: options.limits?.deliveredPerDay ?? Infinity,
    rotateRefreshTokens: options.rotateRefreshTokens ?? false,
    appServers,
    events: options.events ?? 'random',
    eventsInSubscribeReply: options.eventsInSubscribeReply ?? 'random',
    eventsPerReply,
    chunkBytes,
    gzip: options.gzip ?? false,
    // Streaming API guide, "Clients and Timeouts": 110 seconds of hold, 40 seconds to come back.
    hold: scaled(110_000),
    expiry: scaled(40_000),
    // EMP-Connector issue 4: the routing cookie runs out about every three hours.
    routeLife: scaled(3 * 3_600_000),
  };
}
