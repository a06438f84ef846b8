import type { MillraceError } from '@millrace/core';
import type { EventMessage } from '../bayeux/messages.ts';
import { withoutFilter } from '../channel.ts';
import type { Subscription } from '../subscriptions.ts';
import type { Arrival, ChannelState, EventData, TransportDetails } from '../transport.ts';

/** A channel as the session sees it. */
export interface Channel {
  readonly subscription: Subscription;
  state: ChannelState;
  /** Whether the server still sends it. */
  atServer: boolean;
  /** The last event that was queued for core: where to go on within this process. */
  delivered: string | undefined;
  /** Times in a row that the server has refused it. */
  refusals: number;
  reason: MillraceError | undefined;
  cancelRetry: (() => void) | undefined;
}

export interface Channels {
  readonly all: readonly Channel[];
  /** One that can't be subscribed to for now, if there is one. */
  readonly refused: Channel | undefined;
  readonly anyPaused: boolean;
  get(channel: string): Channel | undefined;
  add(subscription: Subscription): Channel;
  remove(channel: Channel): void;
  /** Those that the events are of. */
  of(events: readonly EventMessage[]): readonly Channel[];
  /** Sorts out what the server sends. `isFull`: there is no room for more, which pauses the channels it comes by. */
  receive(events: readonly EventMessage[], options: { readonly isFull: boolean }): readonly Arrival[];
  /**
   * Notes how far each has got. The returned function goes back there: for when a reply is lost, which may have had
   * events before those that came by other replies since.
   */
  remember(): () => void;
  details(): TransportDetails['channels'];
}

export function createChannels(): Channels {
  const channels = new Map<string, Channel>();

  /** Servers may name the channel as it was subscribed to, filter included. */
  function channelOf({ channel }: EventMessage): Channel | undefined {
    return channels.get(channel) ?? channels.get(withoutFilter(channel));
  }

  return {
    get all() {
      return [...channels.values()];
    },
    get refused() {
      return [...channels.values()].find(({ state }) => state === 'suspended' || state === 'failed');
    },
    get anyPaused() {
      return [...channels.values()].some(({ state }) => state === 'paused');
    },
    get: (channel) => channels.get(channel),
    add(subscription) {
      const channel: Channel = {
        subscription,
        state: 'subscribing',
        atServer: false,
        delivered: undefined,
        refusals: 0,
        reason: undefined,
        cancelRetry: undefined,
      };
      channels.set(subscription.channel, channel);
      return channel;
    },
    remove(channel) {
      channel.cancelRetry?.();
      channels.delete(channel.subscription.channel);
    },
    of: (events) => [...new Set(events.flatMap((event) => channelOf(event) ?? []))],
    receive(events, { isFull }) {
      const arrivals: Arrival[] = [];
      for (const event of events) {
        const channel = channelOf(event);
        // Of a channel that is no longer wanted; or it comes again, since `delivered` stays where it is.
        if (channel === undefined || channel.state === 'paused') continue;
        if (isFull) channel.state = 'paused';
        else {
          const arrival = arrivalOf(event, channel);
          if (!arrival.failure) channel.delivered = arrival.cursor;
          arrivals.push(arrival);
        }
      }
      return arrivals;
    },
    remember() {
      const places = [...channels.values()].map((channel) => ({ channel, delivered: channel.delivered }));
      return () => {
        for (const { channel, delivered } of places) channel.delivered = delivered;
      };
    },
    details: () =>
      Object.fromEntries(
        [...channels.values()].map(({ subscription, state, reason }) => [
          subscription.subscription,
          reason === undefined ? { state } : { state, reason: reason.message },
        ]),
      ),
  };
}

function arrivalOf(message: EventMessage, { subscription, delivered }: Channel): Arrival {
  // From the wire: its type is what it should be.
  const data = (message.data ?? {}) as EventData;
  const replayId = data.event?.['replayId'];
  const { channel } = subscription;
  if (typeof replayId === 'number' || typeof replayId === 'bigint' || isDigits(replayId)) {
    return { channel, cursor: String(replayId), data, native: message };
  }
  // It must not hold up those after it: it is given up on, at the place before it.
  const failure = new Error('it has no replayId');
  return { channel, cursor: delivered ?? '0', data, failure, native: message };
}

function isDigits(value: unknown): value is string {
  return typeof value === 'string' && /^\d+$/.test(value);
}
