import { isMillraceError, wait } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Connection, Receiver } from './connection.ts';
import { connect } from './connection.ts';
import type { Broadcaster, ReconnectSettings } from './common-options.ts';
import type { ConnectionSettings } from './settings.ts';

export interface LinkOptions {
  readonly settings: ConnectionSettings;
  readonly broadcasters: readonly Broadcaster[];
  readonly reconnect: ReconnectSettings;
  /** Like `Math.random`. */
  readonly random: () => number;
  readonly receiver: Receiver;
  /** What has to be said before a connection counts as one. A reject means that this broadcaster is of no use now. */
  readonly prepare: (connection: Connection) => Promise<void>;
  /** `lost`: why there was none before, if there had been one. */
  readonly onUp: (connection: Connection, lost: HttpPubsubError | undefined) => void;
  /** The connection broke, or another try to get one has failed. */
  readonly onDown: (reason: HttpPubsubError) => void;
  /** No more is tried. */
  readonly onGivenUp: (reason: HttpPubsubError) => void;
}

/** A connection to one of several broadcasters, and after it the next one. */
export interface Link {
  /** The one that works now. */
  readonly connection: Connection | undefined;
  /** The broadcaster of the connection. */
  readonly url: string | undefined;
  /** Resolves with the first connection. Rejects with the reason when every broadcaster has failed once. */
  start(): Promise<Connection>;
  /** Instead of `start`: tries in the background, as after a connection that broke. */
  startLater(): void;
  /** Sends what is confirmed already, and says good-bye. Works twice. */
  close(): Promise<void>;
}

/** Milliseconds that a connection has to last to count as one that worked. */
const worked = 5_000;
/** Milliseconds up to which the first tries are spread: all subscribers of a broadcaster lose it at the same time. */
const spread = 100;

export function createLink(options: LinkOptions): Link {
  const { settings, broadcasters, reconnect, random, onDown } = options;
  const { clock } = settings;
  const ending = new AbortController();
  const order = inOrder(broadcasters, random);
  let place = 0;
  let wasUp = false;
  let current: { readonly connection: Connection; readonly url: string } | undefined;
  let running: Promise<void> = Promise.resolve();

  async function tryNext(): Promise<Connection> {
    const broadcaster = order[place % order.length];
    place += 1;
    if (broadcaster === undefined) throw new TypeError('There is no broadcaster.');
    const { url } = broadcaster;
    const connection = await connect(url, settings, options.receiver, ending.signal);
    try {
      await options.prepare(connection);
    } catch (error) {
      void connection.close();
      throw error;
    }
    current = { connection, url };
    wasUp = true;
    return connection;
  }

  /** The first broadcasters at once, then ever more slowly. */
  function delayBefore(failures: number): number {
    const pass = Math.floor(failures / order.length);
    if (pass === 0) return wasUp ? random() * spread : 0;
    const bound = Math.min(reconnect.maxDelay, reconnect.delay * 2 ** (pass - 1));
    return bound / 2 + (random() * bound) / 2;
  }

  async function next(failures: number): Promise<Connection | HttpPubsubError> {
    await wait(clock, delayBefore(failures), ending.signal);
    try {
      return await tryNext();
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Undefined: ended, or given up. */
  async function connectAgain(failuresSoFar: number): Promise<Connection | undefined> {
    for (let failures = failuresSoFar; ;) {
      const outcome = await next(failures);
      if (ending.signal.aborted) return undefined;
      if (!isMillraceError(outcome)) return outcome;
      onDown(outcome);
      failures += 1;
      if (failures < reconnect.attempts * order.length) continue;
      options.onGivenUp(outcome);
      return undefined;
    }
  }

  async function keepUp(first?: Connection): Promise<void> {
    let failures = 0;
    let lost: HttpPubsubError | undefined;
    for (let connection = first ?? (await connectAgain(0)); connection;) {
      const since = clock.monotonic();
      options.onUp(connection, lost);
      lost = await connection.ended;
      current = undefined;
      if (ending.signal.aborted) return;
      onDown(lost);
      // One that breaks at once, again and again, is no better than none.
      failures = clock.monotonic() - since < worked ? failures + 1 : 0;
      connection = await connectAgain(failures);
    }
  }

  return {
    get connection() {
      return current?.connection;
    },
    get url() {
      return current?.url;
    },
    async start() {
      let reason: HttpPubsubError | undefined;
      for (let left = order.length; left > 0 && !ending.signal.aborted; left -= 1) {
        try {
          const connection = await tryNext();
          running = keepUp(connection);
          return connection;
        } catch (error) {
          reason = reasonOf(error);
        }
      }
      throw reason ?? httpPubsubError('PUBSUB_CONNECTION_LOST', 'The connection was closed.');
    },
    startLater() {
      running = keepUp();
    },
    async close() {
      // A try that is under way ends by the signal; a connection says good-bye first.
      const connection = current?.connection;
      await connection?.close();
      ending.abort();
      await current?.connection.close();
      await running;
    },
  };
}

/** By priority, lower ones first; at random where that is the same. */
function inOrder(broadcasters: readonly Broadcaster[], random: () => number): readonly Broadcaster[] {
  return broadcasters
    .map((broadcaster) => ({ broadcaster, chance: random() }))
    .toSorted((one, other) => {
      const { priority: first = Infinity } = one.broadcaster;
      const { priority: second = Infinity } = other.broadcaster;
      return first === second ? one.chance - other.chance : first - second;
    })
    .map(({ broadcaster }) => broadcaster);
}

function reasonOf(error: unknown): HttpPubsubError {
  if (isMillraceError(error)) return error as HttpPubsubError;
  return httpPubsubError('PUBSUB_CONNECTION_LOST', 'The connection broke.', error);
}
