import type { Client, Subscription } from 'faye';
import type { Message } from './protocol.ts';
import { onCommand, tell } from './protocol.ts';

/** An extension of faye, whose types say `any`. */
export interface FayeExtension {
  incoming?(message: Message, callback: (message: Message) => void): void;
  outgoing?(message: Message, callback: (message: Message) => void): void;
}

/** Tells of the meta messages that come. */
export const reportMeta: FayeExtension = {
  incoming(message, callback) {
    // What is in the body of an HTTP error has no channel.
    if (message.channel?.startsWith('/meta/')) tell({ saw: 'meta', message });
    callback(message);
  },
};

/** Subscribes in whatever way, and tells of the events and of what becomes of the subscription. */
export function subscribe(
  channel: string,
  by: (listener: (data: Message['data']) => void) => Subscription,
): void {
  by((data) => tell({ saw: 'event', channel, data })).then(
    () => tell({ saw: 'subscribed', channel }),
    (error: { readonly message: string; readonly code: unknown }) =>
      tell({ saw: 'refused', channel, message: error.message, code: error.code }),
  );
}

/** Has the client do what the test wants. The first subscription makes it shake hands. */
export function followSubscriptions(client: Client): void {
  onCommand((command) => {
    if (command.do === 'subscribe') {
      subscribe(command.channel, (listener) => client.subscribe(command.channel, listener));
    }
  });
}
