import { isMillraceError, MillraceError } from '@millrace/core';
import type { BayeuxError } from '../bayeux/bayeux-error.ts';
import { isBayeuxError } from '../bayeux/bayeux-error.ts';
import type { ReplayId } from '../bayeux/messages.ts';
import type { ChannelStart, TransportHost } from '../transport.ts';
import type { Channel, Channels } from './channels.ts';
import type { Pace } from './recovery.ts';
import { recoveryFrom } from './recovery.ts';
import { channelError, keepRefused, replyOf } from './refusals.ts';
import type { Setback } from './setback.ts';
import { setbackFrom, wasAnswered } from './setback.ts';
import type { Wire } from './wire.ts';

/** Asks the server for channels. What is returned ends the session; a signal that aborts is thrown. */
export interface Subscriber {
  subscribe(channel: Channel, signal: AbortSignal): Promise<Setback | undefined>;
  unsubscribe(channel: Channel, signal: AbortSignal): Promise<Setback | undefined>;
}

export interface SubscriberOptions {
  readonly host: TransportHost;
  readonly wire: Wire;
  readonly channels: Channels;
  /** Whether a channel that can't be had is a reason not to open. */
  readonly isStrict: () => boolean;
  /** A refused channel is to be tried again. */
  readonly retry: () => void;
}

/** Milliseconds until the server must answer, less than the 40 s after which it drops a session that does not poll. */
const answerWithin = { subscribe: 30_000, unsubscribe: 10_000 };

export function createSubscriber({ host, wire, channels, isStrict, retry }: SubscriberOptions): Subscriber {
  const { context } = host;
  const { subscribeRetry } = host.settings;

  /** Answers where to try next, or what became of it. */
  async function tryFrom(
    channel: Channel,
    start: ChannelStart,
    signal: AbortSignal,
  ): Promise<ChannelStart | Setback | undefined> {
    const { subscription } = channel;
    const askedAt = wire.serverTime();
    const goBack = channels.remember();
    try {
      await wire.client.subscribe(subscription.subscription, {
        signal,
        timeout: answerWithin.subscribe,
        // The key is the channel without its filter, as EMP-Connector has it; a map without the key is an error, EMP-Connector issue 39.
        ext: { replay: { [subscription.channel]: replayIdOf(start) } },
      });
    } catch (error) {
      if (!wasAnswered(error)) goBack();
      signal.throwIfAborted();
      if (!isBayeuxError(error)) return setbackFrom(error, 'subscribe');
      return await refused(channel, start, error);
    }
    channel.atServer = true;
    // There may have been no room for what came with the reply.
    if (channel.state !== 'paused') channel.state = 'subscribed';
    channel.refusals = 0;
    channel.reason = undefined;
    if (start.from === 'latest' && channel.delivered === undefined)
      host.subscribedAtTip(subscription, askedAt);
    return undefined;
  }

  async function askHost(
    channel: Channel,
    ask: () => Promise<ChannelStart>,
  ): Promise<ChannelStart | Setback | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (isMillraceError(error, 'SALESFORCE_POSITION_INVALID')) return setbackFrom(error, 'subscribe');
      return keep(channel, placeUnknown(channel, error), { lasting: isStrict(), pace: 'normal' });
    }
  }

  async function refused(
    channel: Channel,
    start: ChannelStart,
    error: BayeuxError,
  ): Promise<ChannelStart | Setback | undefined> {
    const { failure } = error;
    const { subscription } = channel;
    const recovery = recoveryFrom(failure, 'subscribe');
    if (recovery.action === 'fall-back' && start.from === 'after') {
      channel.delivered = undefined;
      return await askHost(channel, () => host.fallBack(subscription, error));
    }
    if (recovery.action === 'refuse-channel' || recovery.action === 'fall-back') {
      const { lasting, pace } =
        recovery.action === 'refuse-channel' ? recovery : { lasting: true, pace: 'normal' as const };
      const verdict = subscribeRetry.retryOnResponse(subscription.subscription, replyOf(error));
      const final = verdict === undefined ? lasting : !verdict;
      const ended = keep(channel, channelError(channel, error), { lasting: final, pace });
      const over = failure.kind === 'meta' && failure.disconnected;
      return over && !ended ? { recovery: { action: 'handshake', everybody: true }, error } : ended;
    }
    const answered = failure.kind === 'meta' || failure.kind === 'disconnected';
    if (answered || subscribeRetry.retryOnError(subscription.subscription, error)) return { recovery, error };
    return { recovery: { action: 'give-up' }, error };
  }

  function keep(
    channel: Channel,
    error: MillraceError,
    how: { readonly lasting: boolean; readonly pace: Pace },
  ): Setback | undefined {
    if (how.lasting && isStrict()) return { recovery: { action: 'give-up' }, error };
    keepRefused(channel, { error, ...how }, subscribeRetry, context, retry);
    context.degraded(error);
    return undefined;
  }

  return {
    async subscribe(channel, signal) {
      const { subscription, delivered } = channel;
      channel.state = 'subscribing';
      channel.cancelRetry?.();
      channel.cancelRetry = undefined;
      let next: ChannelStart | Setback | undefined =
        delivered === undefined
          ? await askHost(channel, () => host.start(subscription))
          : { from: 'after', cursor: delivered };
      while (next && 'from' in next) {
        signal.throwIfAborted();
        next = await tryFrom(channel, next, signal);
      }
      return next;
    },
    async unsubscribe(channel, signal) {
      const goBack = channels.remember();
      try {
        await wire.client.unsubscribe(channel.subscription.subscription, {
          signal,
          timeout: answerWithin.unsubscribe,
        });
        channel.atServer = false;
        return undefined;
      } catch (error) {
        if (!wasAnswered(error)) goBack();
        signal.throwIfAborted();
        return setbackFrom(error, 'unsubscribe');
      }
    },
  };
}

/** Reading from a guessed place instead would lose events or repeat them. */
function placeUnknown({ subscription }: Channel, cause: unknown): MillraceError {
  return new MillraceError(
    'STORE_UNAVAILABLE',
    `The store can not tell where to go on reading "${subscription.channel}"; it is tried again.`,
    { cause },
  );
}

/** Streaming API guide: "Message Durability". */
function replayIdOf(start: ChannelStart): ReplayId {
  if (start.from === 'latest') return -1;
  return start.from === 'earliest' ? -2 : BigInt(start.cursor);
}
