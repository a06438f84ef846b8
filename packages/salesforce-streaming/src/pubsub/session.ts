import { wait } from '@millrace/core';
import { salesforceError } from '../errors.ts';
import type { Subscription } from '../subscriptions.ts';
import type { Arrival, Passed, TransportDetails, TransportHost, TransportSession } from '../transport.ts';
import type { Channel } from './channel.ts';
import { startChannel } from './channel.ts';
import type { PubSubClient } from './client.ts';
import { createDeadline } from './deadline.ts';
import { createEventDecoder } from './event-decoder.ts';
import { managedAccess } from './managed.ts';
import { plainAccess } from './plain-access.ts';
import { createSchemas } from './schemas.ts';

export interface PubSubSession extends TransportSession {
  /**
   * Rejects when a position that must not be fallen back from is refused. Resolves when none was, or the server has been
   * silent for so long that it would have refused it.
   */
  positioned(): Promise<void>;
}

/** How long the server is given to refuse a position, in milliseconds. It says nothing when it takes one. */
const refusalTimeout = 5_000;

/** Events asked for and not yet handed to core, all channels together. No stream may have asked for more than 100. */
const mostWaiting = 100;

export function startSession(client: PubSubClient, host: TransportHost): PubSubSession {
  const { context, settings, subscriptions } = host;
  const { signal } = context;
  const { managedSubscription } = settings.pubsub;
  const channels = new Map<string, Channel>();
  const decoder = createEventDecoder(createSchemas(client));
  const managed =
    managedSubscription === undefined ? undefined : managedAccess(client, managedSubscription, context.clock);
  const deadline = createDeadline(context.clock, settings.connectionTimeout, (reason) =>
    fail(
      salesforceError(
        'SALESFORCE_CONNECTION_LOST',
        `The Pub/Sub API has not answered for ${settings.connectionTimeout} ms, which is connectionTimeout.`,
        reason,
      ),
    ),
  );
  let failure: { readonly error: unknown } | undefined;
  let closed = false;
  let wake = () => {};

  function fail(error: unknown): void {
    failure ??= { error };
    wake();
  }

  function start(subscription: Subscription): void {
    if (managed && channels.size > 0) {
      return context.degraded(
        salesforceError(
          'SALESFORCE_OPTIONS',
          `${subscription.channel} is not read: a managed subscription is of one channel. Make a source of each.`,
        ),
      );
    }
    const channel = startChannel({
      subscription,
      host,
      decoder,
      access: managed ?? plainAccess(client, subscription, host),
      probe: (token) => client.getTopic(subscription.channel, token),
      window: () => Math.max(1, Math.floor(mostWaiting / channels.size)),
      onAnswer() {
        deadline.met();
        wake();
      },
      onTrouble(reason) {
        deadline.start(reason);
        context.degraded(reason);
      },
      onFailed: fail,
    });
    channels.set(subscription.subscription, channel);
  }

  /** Starts what is new and stops what is no longer wanted. */
  function follow(): void {
    if (closed || signal.aborted) return;
    const wanted = new Set(subscriptions.all.map(({ subscription }) => subscription));
    for (const [name, channel] of channels) {
      if (wanted.has(name)) continue;
      channel.stop();
      channels.delete(name);
    }
    for (const subscription of subscriptions.all) {
      if (!channels.has(subscription.subscription)) start(subscription);
    }
  }

  function stopChannels(): void {
    for (const channel of channels.values()) channel.stop();
  }

  /** A channel that has something, each in its turn. */
  async function next(): Promise<
    { readonly channel: Channel; readonly passed: Passed | undefined } | undefined
  > {
    for (;;) {
      if (signal.aborted || closed) return undefined;
      if (failure) throw failure.error;
      for (const [name, channel] of channels) {
        const passed = channel.inbox.takePassed();
        if (!passed && channel.inbox.size === 0) continue;
        // To the end of the queue.
        channels.delete(name);
        channels.set(name, channel);
        return { channel, passed };
      }
      await new Promise<void>((resolve) => (wake = resolve));
    }
  }

  function onAbort(): void {
    wake();
    // What is settled from now on is committed on the stream.
    if (!managed) stopChannels();
  }

  signal.addEventListener('abort', onAbort, { once: true });
  const unfollow = subscriptions.onChange(follow);
  follow();

  return {
    async positioned() {
      const strict = [...channels.values()].filter(
        ({ subscription }) => subscription.onInvalidPosition === 'fail',
      );
      if (managed || strict.length === 0) return;
      const enough = new AbortController();
      await Promise.race([
        Promise.all(strict.map((channel) => channel.positioned)),
        wait(context.clock, refusalTimeout, enough.signal),
      ]);
      enough.abort();
      if (failure) throw failure.error;
    },
    async *receive(demand): AsyncGenerator<readonly Arrival[] | Passed> {
      for (;;) {
        const found = await next();
        if (!found) return;
        const { channel, passed } = found;
        if (passed) {
          yield passed;
          continue;
        }
        const room = await demand.reserve(channel.inbox.size);
        if (room === 0) return;
        const events = channel.inbox.take(room);
        demand.cancel(room - events.length);
        channel.taken();
        if (events.length > 0) yield events;
      }
    },
    details: () => detailsOf([...channels.values()], closed),
    async close() {
      closed = true;
      signal.removeEventListener('abort', onAbort);
      unfollow();
      deadline.met();
      stopChannels();
      wake();
      client.close();
    },
    ...(managed && { commit: (_channel: string, cursor: string) => managed.commit(cursor) }),
  };
}

function detailsOf(channels: readonly Channel[], closed: boolean): TransportDetails {
  const reading = channels.every(({ state }) => state === 'subscribed' || state === 'paused');
  return {
    state: closed ? 'closed' : reading ? 'reading' : 'recovering',
    waiting: channels.reduce((sum, { inbox }) => sum + inbox.size, 0),
    channels: Object.fromEntries(
      channels.map(({ subscription, state, reason }) => [
        subscription.subscription,
        reason === undefined ? { state } : { state, reason },
      ]),
    ),
  };
}
