import type { BenchEvent } from './bench-event.ts';

/** The parts of an event's `data` that are read. */
export interface ReplayedData {
  readonly event: { readonly replayId: number };
  readonly payload: BenchEvent;
}

interface Message {
  readonly channel?: string;
  readonly data?: ReplayedData;
}

/** Where each channel is, for clients that know nothing of replay, as the extensions in Salesforce's examples do it. */
export interface ReplayMap {
  readonly ids: Readonly<Record<string, number>>;
  /** To be called with each message that comes. */
  note(message: Message): void;
  /** The message with `ext.replay`, when it is a subscribe. */
  added<Outgoing extends Message>(message: Outgoing): Outgoing;
}

export function replayMap(channel: string): ReplayMap {
  const ids: Record<string, number> = { [channel]: -2 };
  return {
    ids,
    note({ channel, data }) {
      if (channel !== undefined && data !== undefined && channel in ids) ids[channel] = data.event.replayId;
    },
    added(message) {
      return message.channel === '/meta/subscribe' ? { ...message, ext: { replay: { ...ids } } } : message;
    },
  };
}
