import type { Message } from './protocol.ts';

/** Remembers the newest replay id of each channel, as the extensions in Salesforce's examples do. */
export interface ReplayMap {
  /** To be called with each message that comes. */
  note(message: Message): void;
  /** The message with `ext.replay`, when it is a subscribe. */
  added<Outgoing extends { readonly channel?: string }>(message: Outgoing): Outgoing;
}

export function replayMap(start: Readonly<Record<string, number>>): ReplayMap {
  const map: Record<string, number> = { ...start };
  return {
    note({ channel, data }) {
      const replayId = data?.event?.replayId;
      if (replayId !== undefined && channel !== undefined && channel in map) map[channel] = replayId;
    },
    added(message) {
      if (message.channel !== '/meta/subscribe' || Object.keys(map).length === 0) return message;
      return { ...message, ext: { replay: { ...map } } };
    },
  };
}
