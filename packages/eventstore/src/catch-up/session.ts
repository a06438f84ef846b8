import { setImmediate } from 'node:timers/promises';
import type { Demand, Incoming, Passed, SourceContext, SourceSession } from '@millrace/core';
import { wait } from '@millrace/core';
import { withDeadline } from '../connect/deadline.ts';
import type { Connection } from '../connect/connections.ts';
import { formatCursor } from '../cursor.ts';
import { eventstoreError } from '../errors.ts';
import type { Failure } from '../failure.ts';
import { failureOf } from '../failure.ts';
import type { CatchUpSettings } from '../options.ts';
import { admit } from './admit.ts';
import { createBackOff } from './back-off.ts';
import { reasonOf, whenConfirmed } from './confirm.ts';
import { readHead } from './head.ts';
import { createProgress } from './progress.ts';
import { watchForStalls } from './stall-watch.ts';
import type { StartOptions } from './start.ts';
import { fallBack, findStart } from './start.ts';
import { isFiltered, subscribe } from './subscribe.ts';
import type { SubscriptionReader } from './subscription-reader.ts';

export interface OpenCatchUpOptions {
  readonly settings: CatchUpSettings;
  readonly connection: Connection;
  readonly context: SourceContext;
  /** The session has ended because going on is of no use. */
  readonly onFailed: (error: unknown) => void;
}

/** Milliseconds for a database that wants to be left alone. */
const slowPace = 30_000;
/** A filter leaves out what moves the head: silence is no sign of a stall, but looking again is cheap enough now and then. */
const mostPatience = 16;

/** Subscribes, and keeps the subscription up. Rejects with an EventstoreError when the first one can't be had. */
export async function openCatchUp(options: OpenCatchUpOptions): Promise<SourceSession> {
  const { settings, connection, context } = options;
  const { clock, log } = context;
  const { feed, resubscribe, watchdog } = settings;
  const { client } = connection;
  const backOff = createBackOff({ ...resubscribe, random: context.random });
  const askHead = () => withDeadline(clock, watchdog.confirm, readHead(client, feed)).catch(rethrow);
  const startOptions: StartOptions = { settings, context, readHead: askHead };
  const progress = createProgress(settings, await findStart(startOptions));
  /** Positions that core is to pass before the next event. */
  let toPass: Passed | undefined = progress.jumpTo(progress.place);
  let reader: SubscriptionReader | undefined;
  let confirmedAt = 0;
  let waiting = false;
  let patience = 1;
  const ending = new AbortController();
  const { signal } = ending;

  async function connect(): Promise<SubscriptionReader> {
    progress.state = 'connecting';
    const next = subscribe(client, feed, progress.place);
    reader = next;
    try {
      await whenConfirmed(next, clock, watchdog.confirm);
    } catch (error) {
      void next.stop();
      throw error;
    }
    progress.state = 'catching-up';
    confirmedAt = clock.monotonic();
    context.fetched();
    return next;
  }

  /** Goes on elsewhere where the database does not take the place; else throws what is of no use to try again. */
  async function prepareRetry({ error, retry }: Failure): Promise<void> {
    if (retry === 'never') throw error;
    if (retry !== 'position') return;
    toPass = progress.jumpTo(await fallBack(startOptions, formatCursor(progress.place), error));
  }

  /** Undefined: stopped meanwhile. */
  async function reconnect(lost: Failure): Promise<SubscriptionReader | undefined> {
    let failure = lost;
    for (;;) {
      await prepareRetry(failure);
      context.degraded(failure.error);
      progress.state = 'backing-off';
      await wait(clock, backOff.next(failure.retry === 'slow' ? slowPace : 0), signal);
      if (signal.aborted) return undefined;
      try {
        const next = await connect();
        progress.resubscribed += 1;
        return next;
      } catch (error) {
        if (signal.aborted) return undefined;
        failure = failureOf(error);
      }
    }
  }

  /** Ends when the subscription has, or when the source stops. */
  async function* deliver(
    from: SubscriptionReader,
    demand: Demand,
  ): AsyncGenerator<readonly Incoming[] | Passed> {
    while (!signal.aborted) {
      const changed = from.changed();
      const passing = from.passed();
      if (passing?.cursor) toPass = progress.moveTo(passing.cursor) ?? toPass;
      if (passing?.live) progress.caughtUp();
      if (passing?.cursor && !passing.live) patience = 1;
      if (toPass) {
        yield toPass;
        toPass = undefined;
        continue;
      }
      if (from.buffered > 0) yield* deliverBatch(from, demand);
      else if (from.ended) return;
      else {
        waiting = true;
        await changed;
        waiting = false;
      }
    }
  }

  async function* deliverBatch(
    from: SubscriptionReader,
    demand: Demand,
  ): AsyncGenerator<readonly Incoming[] | Passed> {
    const first = await demand.reserve(1);
    if (first === 0) return;
    // One turn of the loop: what the client parses and what is handled meanwhile go along, for a batch has its price.
    await setImmediate();
    const room = first + demand.tryReserve(from.buffered - first);
    const { incoming, place, leftOutLast, deletedLinks } = admit(settings, from.take(room));
    if (incoming.length < room) demand.cancel(room - incoming.length);
    patience = 1;
    progress.deletedLinks += deletedLinks;
    const passed = place && progress.moveTo(place);
    context.fetched();
    if (incoming.length > 0) yield incoming;
    if (leftOutLast && passed) yield passed;
  }

  async function* receive(demand: Demand): AsyncGenerator<readonly Incoming[] | Passed> {
    try {
      for (let current = reader; current && !signal.aborted;) {
        yield* deliver(current, demand);
        void current.stop();
        if (signal.aborted) return;
        if (clock.monotonic() - confirmedAt >= resubscribe.maxDelay) backOff.reset();
        current = await reconnect(failureOf(reasonOf(current.ended?.error)));
      }
    } catch (error) {
      progress.state = 'failed';
      options.onFailed(error);
      throw error;
    } finally {
      void reader?.stop();
    }
  }

  function stalled(why: string): void {
    log.warn('The subscription has stalled and is made again.', { channel: settings.channel, why });
    if (isFiltered(feed)) patience = Math.min(mostPatience, patience * 2);
    reader?.fail(eventstoreError('EVENTSTORE_STALLED', why));
  }

  function end(): void {
    ending.abort();
    // Wakes who waits for it.
    reader?.fail(undefined);
  }

  async function stop(): Promise<void> {
    end();
    if (progress.state !== 'failed') progress.state = 'stopped';
    await reader?.stop();
  }

  if (context.signal.aborted) end();
  context.signal.addEventListener('abort', end, { once: true });
  try {
    await connect().catch(async (error: unknown) => {
      const failure = failureOf(error);
      if (failure.retry !== 'position') throw failure.error;
      await prepareRetry(failure);
      await connect().catch(rethrow);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  void watchForStalls({
    clock,
    signal,
    silence: () => watchdog.stall * patience,
    readHead: askHead,
    onHead: (head) => progress.sawHead(head),
    activity: () => (waiting ? reader?.activity : undefined),
    place: () => progress.place,
    onStalled: stalled,
  });

  return {
    receive,
    async settle() {},
    details: () => progress.details(),
    async close() {
      await stop();
      await connection.release();
    },
  };
}

/** For what is not tried again: the first open says at once what is wrong. */
function rethrow(error: unknown): never {
  throw failureOf(error).error;
}
