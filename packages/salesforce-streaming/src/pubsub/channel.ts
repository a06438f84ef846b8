import type { MillraceError } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { Token } from '../auth/provider.ts';
import type { Subscription } from '../subscriptions.ts';
import type { ChannelStart, ChannelState, TransportHost } from '../transport.ts';
import type { EventDecoder } from './event-decoder.ts';
import type { Failure } from './failure.ts';
import { failureOf } from './failure.ts';
import type { Access, Feed } from './feed.ts';
import type { Inbox } from './inbox.ts';
import { createInbox } from './inbox.ts';
import type { FetchResponse } from './messages.ts';
import { cursorOf } from './cursor.ts';
import { createPauses, longPauses, shortPauses } from './pauses.ts';

/** One channel that is kept subscribed to, whatever happens to its stream. */
export interface Channel {
  readonly subscription: Subscription;
  readonly inbox: Inbox;
  readonly state: ChannelState;
  /** Why it is suspended or failed. */
  readonly reason: string | undefined;
  /** Resolves when the server has taken the position to go on after, or it can't be told yet. */
  readonly positioned: Promise<void>;
  /** Events have been taken out of the inbox. */
  taken(): void;
  stop(): void;
}

export interface ChannelOptions {
  readonly subscription: Subscription;
  readonly access: Access;
  readonly host: Pick<TransportHost, 'auth' | 'context' | 'settings'>;
  readonly decoder: EventDecoder;
  /** Resolves when the server answers a call for the channel. */
  readonly probe: (token: Token) => Promise<unknown>;
  /** How many events may be asked for and waiting together: 100 at most, which is all that a stream takes. */
  readonly window: () => number;
  /** The server has answered, so that there may be something in the inbox. */
  readonly onAnswer: () => void;
  /** It is tried again. */
  readonly onTrouble: (reason: MillraceError) => void;
  /** Trying again is of no use. */
  readonly onFailed: (error: unknown) => void;
}

/**
 * Milliseconds. The server promises a response within 270 s while events are asked for (pubsub_api.proto). In practice
 * they come each minute, so after this long the stream is dead, though the connection may live.
 */
const silence = 280_000;

export function startChannel(options: ChannelOptions): Channel {
  const { subscription, access, host, decoder } = options;
  const { auth, context } = host;
  const inbox = createInbox();
  const stopping = new AbortController();
  const { signal } = stopping;
  const pauses = createPauses(context.clock, context.random);
  const slow = longPauses(host.settings.subscribeRetry);
  const positioned = Promise.withResolvers<void>();
  let state: ChannelState = 'subscribing';
  let reason: string | undefined;
  let at: ChannelStart | undefined;
  let feed: Feed | undefined;
  /** Events that the server still has to send. */
  let outstanding = 0;
  let cancelWatchdog = () => {};
  let wake = () => {};

  async function run(): Promise<void> {
    while (!signal.aborted) {
      await room();
      if (signal.aborted) return;
      const token = await tokenOrPause();
      if (!token) continue;
      const start = at ?? (await access.start());
      if (signal.aborted) return;
      const failure = await read(start, token);
      if (failure && !signal.aborted) await recover(failure, start, token);
    }
  }

  async function tokenOrPause(): Promise<Token | undefined> {
    try {
      return await auth.token(signal);
    } catch (error) {
      await authFailed(error);
      return undefined;
    }
  }

  /** Reads one stream to its end. Undefined: it ended because for long there was no room to ask for more. */
  async function read(start: ChannelStart, token: Token): Promise<Failure | undefined> {
    outstanding = 0;
    try {
      feed = access.open(start, token);
      // The host has noted when that was: should the stream break before it brings a position, it says where to go on.
      if (start.from === 'latest') at = undefined;
      void confirm(feed, token);
      for (;;) {
        request();
        const received = await feed.next();
        cancelWatchdog();
        if (received.response) await accept(received.response, token);
        else return endOf(received.error);
      }
    } catch (error) {
      return endOf(error instanceof Error ? error : new Error(String(error)));
    } finally {
      cancelWatchdog();
      feed?.end();
      feed = undefined;
    }
  }

  /**
   * The server says nothing on a stream until there is an event or, after a minute, a sign of life. That it answers
   * another call, and has not ended the stream by then, tells sooner that all is well.
   */
  async function confirm(opened: Feed, token: Token): Promise<void> {
    // When that fails the stream fails too, and that is looked after.
    const alive = await options.probe(token).then(
      () => true,
      () => false,
    );
    if (alive && feed === opened && !signal.aborted) works();
  }

  function works(): void {
    state = 'subscribed';
    reason = undefined;
    context.fetched();
    options.onAnswer();
  }

  function endOf(error: Error | undefined): Failure | undefined {
    const failure = failureOf(error, subscription.channel);
    return outstanding === 0 && failure.remedy === 'resume' ? undefined : failure;
  }

  /** Strictly one response after the other, so that a schema that has to be fetched does not change the order. */
  async function accept({ events, latestReplayId }: FetchResponse, token: Token): Promise<void> {
    for (const event of events) {
      const arrival = await decoder.decode(event, subscription.channel, token);
      if (signal.aborted) return;
      outstanding -= 1;
      if (access.isNew(arrival.cursor)) inbox.push(arrival);
      at = { from: 'after', cursor: arrival.cursor };
    }
    if (events.length === 0 && latestReplayId.length > 0) passed(cursorOf(latestReplayId));
    pauses.reset();
    positioned.resolve();
    works();
  }

  /** A sign of life says how far the channel has got, so that a quiet one never has a position too old to be valid. */
  function passed(cursor: string): void {
    if (at?.from === 'after' && at.cursor === cursor) return;
    at = { from: 'after', cursor };
    if (access.isNew(cursor)) inbox.push({ channel: subscription.channel, cursor });
  }

  /** Asks for what there is room for, in portions worth a message. */
  function request(): void {
    if (!feed || signal.aborted) return;
    const free = options.window() - inbox.size - outstanding;
    if (free > 0 && (outstanding === 0 || free * 2 >= options.window())) {
      outstanding += free;
      feed.request(free);
    }
    cancelWatchdog();
    if (outstanding > 0) cancelWatchdog = context.clock.setTimeout(endSilent, silence);
  }

  function endSilent(): void {
    feed?.end(new Error(`There was no response for ${silence / 1_000} seconds.`));
  }

  /** A stream is asked for something at once, so there has to be room. */
  async function room(): Promise<void> {
    while (inbox.size * 2 > options.window() && !signal.aborted) {
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  async function recover({ remedy, error }: Failure, start: ChannelStart, token: Token): Promise<void> {
    if (remedy !== 'fall-back') positioned.resolve();
    switch (remedy) {
      case 'renew-token':
        if (pauses.failures > 0) options.onTrouble(error);
        await pauses.waitAgain(shortPauses, signal);
        return await renew(token);
      case 'fall-back':
        if (start.from !== 'after') return await resume(error);
        await pauses.waitAgain(shortPauses, signal);
        if (!signal.aborted) at = await access.fallBack(error);
        return;
      case 'resume':
        return await resume(error);
      case 'wait':
      case 'suspend':
        state = pauses.failures < host.settings.subscribeRetry.attempts ? 'suspended' : 'failed';
        reason = error.message;
        options.onTrouble(error);
        return await pauses.wait(slow, signal);
    }
  }

  async function resume(error: MillraceError): Promise<void> {
    if (state === 'subscribed') state = 'subscribing';
    options.onTrouble(error);
    await pauses.wait(shortPauses, signal);
  }

  async function renew(refused: Token): Promise<void> {
    if (signal.aborted) return;
    context.log.info('The access token is refused, and renewed.', { channel: subscription.channel });
    try {
      await auth.renew(refused, signal);
    } catch (error) {
      await authFailed(error);
    }
  }

  async function authFailed(error: unknown): Promise<void> {
    if (signal.aborted) return;
    if (!isMillraceError(error, 'SALESFORCE_AUTH_UNAVAILABLE')) throw error;
    await resume(error);
  }

  void run().catch((error: unknown) => {
    if (!signal.aborted) options.onFailed(error);
    positioned.resolve();
  });

  return {
    subscription,
    inbox,
    positioned: positioned.promise,
    get state() {
      return state === 'subscribed' && outstanding === 0 && inbox.size > 0 ? 'paused' : state;
    },
    get reason() {
      return reason;
    },
    taken() {
      wake();
      request();
    },
    stop() {
      stopping.abort();
      wake();
      feed?.end();
    },
  };
}
