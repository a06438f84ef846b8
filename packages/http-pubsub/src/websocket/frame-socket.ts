import type { Clock } from '@millrace/core';
import type { RawData, WebSocket } from 'ws';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import { malformed } from '../wire/codec/malformed.ts';

/** An open WebSocket, of either side, as a sequence of binary messages. */
export interface FrameSocket {
  /** What the peer sends, in order. Ends when the connection ends, and throws why when it broke. Once. */
  frames(): AsyncGenerator<Buffer, void>;
  /** Resolves when it is written, or when little enough waits to be. What can't be sent shows where frames are read. */
  send(bytes: Uint8Array): Promise<void>;
  /** Says good-bye, and waits no longer than so for the peer to do so too. Works twice. */
  close(): Promise<void>;
}

export interface FrameSocketOptions {
  readonly clock: Clock;
  /** Milliseconds between pings. A peer that sends nothing for two of them is gone. */
  readonly heartbeat: number;
  /** Milliseconds. */
  readonly closeTimeout: number;
}

/** What may wait to be read before the peer is made to wait too. */
const mostFrames = 64;
const mostBytes = 8 * 1024 ** 2;
/** What may wait to be sent without holding up who sends. */
const mostUnsent = 1024 ** 2;
/** The only code, and no reason: the protocol tells nobody why. */
const normalClosure = 1000;

export function frameSocket(socket: WebSocket, options: FrameSocketOptions): FrameSocket {
  const waiting: Buffer[] = [];
  let bytes = 0;
  let failure: HttpPubsubError | undefined;
  let ended = false;
  let wake = () => {};
  const closed = Promise.withResolvers<void>();
  const stopHeartbeat = startHeartbeat(socket, options, () => {
    fail(httpPubsubError('PUBSUB_CONNECTION_LOST', 'The peer has gone silent: it answers no ping.'));
  });

  function fail(error: HttpPubsubError): void {
    failure ??= error;
    socket.terminate();
  }

  socket.on('message', (data: RawData, isBinary: boolean) => {
    if (failure) return;
    if (!isBinary || !Buffer.isBuffer(data)) return fail(malformed('a message of text came'));
    waiting.push(data);
    bytes += data.length;
    if (waiting.length > mostFrames || bytes > mostBytes) socket.pause();
    wake();
  });
  socket.on('error', (error) => {
    // Its own errors speak of what the peer sent; the rest is the network's.
    const violation = 'code' in error && String(error.code).startsWith('WS_ERR_');
    failure ??= violation
      ? httpPubsubError('PUBSUB_MALFORMED', 'The peer does not keep to the WebSocket protocol.', error)
      : httpPubsubError('PUBSUB_CONNECTION_LOST', 'The connection broke.', error);
  });
  socket.on('close', () => {
    ended = true;
    stopHeartbeat();
    closed.resolve();
    wake();
  });

  return {
    async *frames() {
      for (;;) {
        const next = waiting.shift();
        if (next) {
          bytes -= next.length;
          if (socket.isPaused && waiting.length <= mostFrames / 2 && bytes <= mostBytes / 2) socket.resume();
          yield next;
        } else if (failure) throw failure;
        else if (ended) return;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
    async send(message) {
      if (socket.readyState !== socket.OPEN) return;
      const written = new Promise<void>((resolve) => socket.send(message, () => resolve()));
      if (socket.bufferedAmount > mostUnsent) await Promise.race([written, closed.promise]);
    },
    async close() {
      if (ended) return;
      socket.close(normalClosure);
      // Else the answer to it is not read either.
      socket.resume();
      const cancel = options.clock.setTimeout(() => socket.terminate(), options.closeTimeout);
      await closed.promise;
      cancel();
    },
  };
}

function startHeartbeat(
  socket: WebSocket,
  { clock, heartbeat }: FrameSocketOptions,
  silent: () => void,
): () => void {
  let heard = true;
  let cancel = () => {};
  const hear = () => {
    heard = true;
  };
  for (const event of ['message', 'ping', 'pong'] as const) socket.on(event, hear);

  function beat(): void {
    cancel = clock.setTimeout(() => {
      // While it is not read from, it can't be heard.
      if (!heard && !socket.isPaused) return silent();
      heard = false;
      if (socket.readyState === socket.OPEN) socket.ping();
      beat();
    }, heartbeat);
  }

  beat();
  return () => cancel();
}
