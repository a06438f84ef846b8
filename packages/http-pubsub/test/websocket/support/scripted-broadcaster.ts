import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { WebSocket } from 'ws';
import { WebSocketServer } from 'ws';
import type { BroadcasterMessage, SubscriberMessage } from '../../../src/wire.ts';
import { decodeSubscriberMessage, encodeBroadcasterMessage } from '../../../src/wire.ts';

export const nothing = new Uint8Array();
export const unsigned = { authorization: undefined, tracing: nothing, payload: nothing } as const;
export const handshake: BroadcasterMessage = {
  kind: 'confirm-configure',
  broadcasterNonce: new Uint8Array(32),
  ...unsigned,
};

/** One that says what a test has it say, whatever the protocol thinks of it. */
export async function scriptedBroadcaster({ silent = false }: { readonly silent?: boolean } = {}) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const heard: SubscriberMessage[] = [];
  const sockets: WebSocket[] = [];
  server.on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('message', (data: Buffer) => {
      const message = decodeSubscriberMessage(data);
      heard.push(message);
      if (message.kind === 'configure' && !silent) say(handshake);
    });
  });

  function say(message: BroadcasterMessage | Uint8Array | string): void {
    const isMessage = typeof message === 'object' && 'kind' in message;
    sockets.at(-1)?.send(isMessage ? encodeBroadcasterMessage(message) : message);
  }

  async function close(): Promise<void> {
    for (const socket of server.clients) socket.terminate();
    const closed = once(server, 'close');
    server.close();
    await closed;
  }

  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, heard, sockets, say, close, [Symbol.asyncDispose]: close };
}
