import type { Token } from '../auth/provider.ts';
import type { ChannelStart } from '../transport.ts';
import type { PubSubClient } from './client.ts';
import { replayIdOf } from './cursor.ts';
import type { FetchRequest, FetchResponse } from './messages.ts';
import type { Received } from './stream.ts';
import { subscribeMethod } from './wire.ts';

/** The events of one channel, for as long as one call to the server lasts. */
export interface Feed {
  /** So many more; the first request is what subscribes. */
  request(count: number): void;
  next(): Promise<Received<FetchResponse>>;
  /** Ends the call from this side; `next` then answers with this end. */
  end(error?: Error): void;
}

/** How a channel is read: where to begin, and by which call. */
export interface Access {
  start(): Promise<ChannelStart>;
  /** The server does not take the place to go on after. */
  fallBack(cause: Error): Promise<ChannelStart>;
  /** Throws SALESFORCE_POSITION_INVALID when the cursor is none. */
  open(start: ChannelStart, token: Token): Feed;
  /** Whether the position was not handed on before; from now on it was. */
  isNew(cursor: string): boolean;
}

const presets = { latest: 'LATEST', earliest: 'EARLIEST' } as const;

/** By the call Subscribe. The topic and where to start stand in the first request only. */
export function openFeed(client: PubSubClient, topicName: string, start: ChannelStart, token: Token): Feed {
  let first: Omit<FetchRequest, 'numRequested'> | undefined =
    start.from === 'after'
      ? { topicName, replayPreset: 'CUSTOM', replayId: replayIdOf(start.cursor) }
      : { topicName, replayPreset: presets[start.from] };
  const stream = client.stream(subscribeMethod, token);
  return {
    request(numRequested) {
      stream.send({ ...first, numRequested });
      first = undefined;
    },
    next: stream.next,
    end: stream.end,
  };
}
