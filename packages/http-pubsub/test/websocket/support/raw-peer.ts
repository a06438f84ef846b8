import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { BroadcasterMessage, SubscriberMessage } from '../../../src/wire.ts';
import { decodeBroadcasterMessage, encodeSubscriberMessage } from '../../../src/wire.ts';
import { unsigned } from './scripted-broadcaster.ts';

export const configure = {
  kind: 'configure',
  ...unsigned,
  subscriberNonce: new Uint8Array(32),
  enableZstd: false,
  enableTraining: false,
  initialDictionary: 0,
} as const satisfies SubscriberMessage;

/** A subscriber that says what a test has it say, whatever the protocol thinks of it. */
export async function rawPeer(url: string) {
  const socket = new WebSocket(`${url}/v1/websocket`);
  const heard: BroadcasterMessage[] = [];
  const closed = once(socket, 'close').then(([code]) => code as number);
  socket.on('error', () => {});
  socket.on('message', (data: Buffer) => heard.push(decodeBroadcasterMessage(data)));
  await once(socket, 'open');
  return {
    socket,
    heard,
    /** With the code that it was closed with. */
    closed,
    say(message: SubscriberMessage | Uint8Array | string) {
      const isMessage = typeof message === 'object' && 'kind' in message;
      socket.send(isMessage ? encodeSubscriberMessage(message) : message);
    },
    [Symbol.asyncDispose]: async () => {
      socket.terminate();
      await closed;
    },
  };
}
