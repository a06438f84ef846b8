import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Clock } from '@millrace/core';
import { wait } from '@millrace/core';
import type { HttpReply } from './exchange.ts';

export type ReplyWriter = (
  reply: HttpReply,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
) => Promise<void>;

export interface WireOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Bodies are cut into chunks of 1 to so many bytes, in the middle of characters too. 0: one chunk. */
  readonly chunkBytes: number;
  /** Compresses for clients that accept gzip. */
  readonly gzip: boolean;
}

/** Puts replies on the wire, with what is wrong in them. */
export function replyWriter({ clock, random, chunkBytes, gzip }: WireOptions): ReplyWriter {
  return async (reply, request, response, signal) => {
    const { damage } = reply;
    if (damage?.kind === 'silence') return;
    const compress = gzip && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
    const plain = Buffer.from(reply.body ?? '');
    const body = compress ? gzipSync(plain) : plain;
    response.statusCode = reply.status;
    response.setHeader('date', new Date(clock.now()).toUTCString());
    for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
    if (compress) response.setHeader('content-encoding', 'gzip');

    switch (damage?.kind) {
      case 'reset':
        response.setHeader('content-length', body.length);
        await written(response, body.subarray(0, Math.floor(body.length / 2)));
        response.socket?.resetAndDestroy();
        return;
      case 'drip':
        for (const piece of pieces(body, () => damage.bytes)) {
          if (signal.aborted) return;
          response.write(piece);
          await wait(clock, damage.pause, signal);
        }
        break;
      case undefined:
        if (chunkBytes === 0) {
          response.end(body);
          return;
        }
        for (const piece of pieces(body, () => 1 + Math.floor(random() * chunkBytes))) {
          if (signal.aborted) return;
          // Node makes one chunk of what is written at once.
          await written(response, piece);
        }
    }
    response.end();
  };
}

function* pieces(body: Buffer, size: () => number): Generator<Buffer> {
  for (let rest = body; rest.length > 0;) {
    const piece = rest.subarray(0, Math.max(1, size()));
    rest = rest.subarray(piece.length);
    yield piece;
  }
}

/** Resolves when it is out, or never will be. */
function written(response: ServerResponse, part: Buffer): Promise<void> {
  return new Promise((resolve) => {
    response.write(part, () => setImmediate(resolve));
  });
}
