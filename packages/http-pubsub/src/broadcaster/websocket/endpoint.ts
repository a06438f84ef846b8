import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { isMillraceError, wait } from '@millrace/core';
import { WebSocketServer } from 'ws';
import type { UpgradeHandler } from '../../listener/upgrades.ts';
import type { FrameSocket } from '../../websocket/frame-socket.ts';
import { frameSocket } from '../../websocket/frame-socket.ts';
import { createLane } from '../../websocket/lane.ts';
import { zstd } from '../../websocket/zstd.ts';
import { accept } from './accept.ts';
import { createInterests } from './interests.ts';
import type { WebsocketEndpointOptions } from './options.ts';
import { checkEndpointOptions } from './options.ts';
import { outboundOf } from './outbound.ts';
import type { Peer, Wishes } from './peer.ts';
import { servePeer } from './peer.ts';
import type { SocketPublication } from './settings.ts';

/** The stateful protocol of a broadcaster: `listener.attachUpgrade('/v1/websocket', endpoint.upgrade)`. */
export interface WebsocketEndpoint {
  readonly upgrade: UpgradeHandler;
  /** Whether a socket wants the topic. */
  wants(topic: Uint8Array): boolean;
  /** Hands the message to all sockets that want it. Resolves with how many have room for it; they get it in their time. */
  receive(message: SocketPublication): Promise<number>;
  /** Tells all sockets that want the topic that they missed something. */
  missed(topic: Uint8Array): void;
  /** Sockets whose handshake is over. */
  readonly sockets: number;
  /** Messages that wait for a socket or for its acknowledgement. */
  readonly waiting: number;
  /** Takes no more sockets, gives those that are there time to get what waits for them, and ends them. Works twice. */
  close(): Promise<void>;
}

/** Beside the largest part there are the headers. */
const headersOfAFrame = 512 * 1024;

/** Throws PUBSUB_OPTIONS. */
export function createWebsocketEndpoint(options: WebsocketEndpointOptions): WebsocketEndpoint {
  const settings = checkEndpointOptions(options);
  const { clock, hub, limits, log, timeouts } = settings;
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: settings.maxMessage + headersOfAFrame,
  });
  const interests = createInterests<Peer>(settings.globDialect);
  const open = new Set<FrameSocket>();
  const peers = new Set<Peer>();
  const ending = new Set<Promise<void>>();
  /** Messages reach a socket in the order in which they were published here. */
  const inTurn = createLane();
  let closed = false;

  function wishesOf(peer: () => Peer): Wishes {
    return {
      async add(wanted) {
        if (interests.add(peer(), wanted)) await hub.interest?.('added', wanted);
      },
      async remove(wanted) {
        if (interests.remove(peer(), wanted)) await hub.interest?.('removed', wanted);
      },
    };
  }

  async function serve(socket: FrameSocket, remote: string | undefined): Promise<void> {
    const frames = socket.frames();
    const accepted = await accept(socket, frames, settings, remote);
    if (accepted === undefined) return;
    const wishes = wishesOf(() => peer);
    const { peer, ended } = servePeer({ socket, frames, accepted, settings, wishes });
    peers.add(peer);
    try {
      await ended;
    } finally {
      peers.delete(peer);
    }
  }

  async function keep(socket: FrameSocket, remote: string | undefined): Promise<void> {
    open.add(socket);
    try {
      await serve(socket, remote);
    } catch (error) {
      // The network's troubles are everyday life; what the peer does wrong is worth a line.
      if (!isMillraceError(error, 'PUBSUB_CONNECTION_LOST')) {
        log.warn('A WebSocket was ended.', { remote, error });
      }
    } finally {
      await socket.close();
      open.delete(socket);
    }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (closed || open.size >= limits.sockets) return refuse(socket);
    server.handleUpgrade(request, socket, head, (websocket) => {
      const { heartbeat, close: closeTimeout } = timeouts;
      const frames = frameSocket(websocket, { clock, heartbeat, closeTimeout });
      const kept = keep(frames, request.socket.remoteAddress);
      ending.add(kept);
      void kept.finally(() => ending.delete(kept));
    });
  }

  return {
    upgrade,
    wants: (topic) => interests.wanting(topic).size > 0,
    receive: (message) =>
      inTurn(async () => {
        // Who joins while it is copied gets the next one.
        const wanting = interests.wanting(message.topic);
        if (wanting.size === 0) return 0;
        const outbound = await outboundOf(message, { spooling: settings.spooling, zstd });
        const reached = [...wanting].filter((peer) => peer.deliver(outbound));
        await outbound.release();
        return reached.length;
      }),
    missed(topic) {
      void inTurn(async () => {
        for (const peer of interests.wanting(topic)) peer.missed(topic);
      });
    },
    get sockets() {
      return peers.size;
    },
    get waiting() {
      return [...peers].reduce((sum, { waiting }) => sum + waiting, 0);
    },
    async close() {
      closed = true;
      const enough = new AbortController();
      const quiet = Promise.all([...peers].map((peer) => peer.quiet()));
      await Promise.race([quiet, wait(clock, timeouts.drain, enough.signal)]);
      enough.abort();
      await Promise.all([...open].map((socket) => socket.close()));
      await Promise.all(ending);
    },
  };
}

function refuse(socket: Duplex): void {
  socket.on('error', () => {});
  socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
}
