import type { IncomingMessage, RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { wait } from '@millrace/core';
import { httpPubsubError } from '../errors.ts';
import type { ListenerSettings } from './options.ts';

export interface OwnServer {
  /** Rejects with PUBSUB_LISTENER. Again: the same answer. */
  listen(): Promise<AddressInfo>;
  address(): AddressInfo | undefined;
  /** Takes no more connections, waits for the requests that run, then cuts what is left. */
  close(): Promise<void>;
}

export function createOwnServer(
  { host, port }: { readonly host: string; readonly port: number },
  onRequest: RequestListener,
  onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void,
  { limits, clock }: ListenerSettings,
): OwnServer {
  const server = createServer(
    {
      headersTimeout: limits.headersTimeout,
      keepAliveTimeout: limits.keepAliveTimeout,
      // Bodies have limits of their own.
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(1_000, limits.headersTimeout),
      noDelay: true,
    },
    onRequest,
  );
  server.maxConnections = limits.maxConnections;
  server.on('upgrade', onUpgrade);
  // Those that were upgraded are no longer the server's own to close.
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  let listening: Promise<AddressInfo> | undefined;
  let ending: Promise<void> | undefined;

  async function end(): Promise<void> {
    await listening?.catch(() => {});
    if (!server.listening) return;
    const closed = Promise.withResolvers<void>();
    server.close(() => closed.resolve());
    server.closeIdleConnections();
    const done = new AbortController();
    await Promise.race([closed.promise, wait(clock, limits.drainTimeout, done.signal)]);
    done.abort();
    for (const socket of sockets) socket.destroy();
    await closed.promise;
  }

  return {
    listen: () => (listening ??= listenOn(server, host, port)),
    address: () => addressOf(server),
    close: () => (ending ??= end()),
  };
}

async function listenOn(server: Server, host: string, port: number): Promise<AddressInfo> {
  const bound = Promise.withResolvers<void>();
  server.once('error', bound.reject);
  server.listen({ host, port }, bound.resolve);
  try {
    await bound.promise;
  } catch (cause) {
    throw httpPubsubError('PUBSUB_LISTENER', `Nothing can listen on ${host}, port ${port}.`, cause);
  }
  server.off('error', bound.reject);
  const address = addressOf(server);
  if (address === undefined) throw httpPubsubError('PUBSUB_LISTENER', 'The server has no port.');
  return address;
}

function addressOf(server: Server): AddressInfo | undefined {
  const address = server.address();
  return typeof address === 'object' ? (address ?? undefined) : undefined;
}
