import type { TransportHost } from '../transport.ts';
import type { ArrivalQueue } from './arrival-queue.ts';
import type { Channel, Channels } from './channels.ts';
import type { Setback } from './setback.ts';
import { newSession } from './setback.ts';
import type { Subscriber } from './subscriber.ts';

/** Brings what the server sends in line with what is wanted. */
export interface LineUp {
  /** The server knows nothing of this session yet. */
  begin(): void;
  /** Subscribes to and unsubscribes from what is due, one request at a time. What is returned ends the session. */
  settle(signal: AbortSignal): Promise<Setback | undefined>;
  /** Stops the server from sending these, for as long as core has no room. */
  pause(channels: readonly Channel[], signal: AbortSignal): Promise<Setback | undefined>;
  /** A poll begins; the returned function says that it was answered. */
  polling(): () => void;
}

export interface LineUpOptions {
  readonly host: TransportHost;
  readonly channels: Channels;
  readonly queue: ArrivalQueue;
  readonly subscriber: Subscriber;
}

export function createLineUp({ host, channels, queue, subscriber }: LineUpOptions): LineUp {
  let polls = { begun: 0, answered: 0 };
  /** By channel, the poll after which nothing more comes of a subscription that was ended. */
  const leftovers = new Map<string, number>();

  async function unsubscribe(channel: Channel, signal: AbortSignal): Promise<Setback | undefined> {
    const setback = await subscriber.unsubscribe(channel, signal);
    // What the server had ready before comes with the poll under way, or with the next.
    leftovers.set(channel.subscription.channel, polls.begun + 1);
    return setback;
  }

  async function removeUnwanted(signal: AbortSignal): Promise<Setback | undefined> {
    const wanted = new Set(host.subscriptions.all);
    for (const channel of channels.all.filter(({ subscription }) => !wanted.has(subscription))) {
      channels.remove(channel);
      queue.drop(channel.subscription.channel);
      const setback = channel.atServer ? await unsubscribe(channel, signal) : undefined;
      if (setback) return setback;
    }
    return undefined;
  }

  function isDue({ state, atServer, cancelRetry }: Channel): boolean {
    if (atServer) return false;
    if (state === 'paused') return queue.length === 0;
    return cancelRetry === undefined;
  }

  /** Replayed from where it had got to, its leftovers would come before what lies between, and count as passed. */
  function hasLeftovers({ subscription }: Channel): boolean {
    return (leftovers.get(subscription.channel) ?? 0) > polls.answered;
  }

  return {
    begin() {
      polls = { begun: 0, answered: 0 };
      leftovers.clear();
      for (const channel of channels.all) channel.atServer = false;
    },
    async settle(signal) {
      const setback = await removeUnwanted(signal);
      if (setback) return setback;
      for (const subscription of host.subscriptions.all) {
        if (!channels.get(subscription.channel)) channels.add(subscription);
      }
      for (const channel of channels.all) {
        if (!isDue(channel)) continue;
        if (hasLeftovers(channel)) {
          const { subscription } = channel;
          return newSession(`"${subscription.channel}" was subscribed to again right after it was left.`);
        }
        const setback = await subscriber.subscribe(channel, signal);
        if (setback) return setback;
      }
      return undefined;
    },
    async pause(overflowing, signal) {
      for (const channel of overflowing) {
        const setback = await unsubscribe(channel, signal);
        if (setback) return setback;
      }
      return undefined;
    },
    polling() {
      polls.begun += 1;
      const number = polls.begun;
      const current = polls;
      return () => {
        current.answered = number;
      };
    },
  };
}
