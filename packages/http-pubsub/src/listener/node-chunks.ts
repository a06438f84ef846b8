import type { IncomingMessage } from 'node:http';
import type { Chunks } from '../wire/codec/chunks.ts';

export interface MessageChunks extends Chunks {
  /** Whether nothing of the body is left to come. */
  readonly ended: boolean;
}

/**
 * What comes in of a message, nothing of it read ahead. A stream's own iterator is made for all streams, and costs several
 * times as much. Whoever stops reading leaves the message as it is: it can still be answered.
 */
export function chunksOf(message: IncomingMessage): MessageChunks {
  // The last byte is there before the parser says that it was the last one.
  let left = lengthOf(message);
  let failure: Error | undefined;
  let wake = () => {};
  let listens = false;

  function listen(): void {
    listens = true;
    message.on('readable', () => wake());
    message.on('end', () => wake());
    message.on('close', () => wake());
    message.on('error', (error) => {
      failure = error;
      wake();
    });
  }

  /** Null: it has still to come. */
  function next(): Uint8Array | undefined | null {
    const chunk = message.read() as Buffer | null;
    if (chunk !== null) {
      left -= chunk.length;
      return chunk;
    }
    if (hasEnded()) return undefined;
    if (failure || message.destroyed) throw failure ?? new Error('The request was cut off.');
    return null;
  }

  function hasEnded(): boolean {
    return left === 0 || message.readableEnded || (message.complete && message.readableLength === 0);
  }

  async function arrival(): Promise<Uint8Array | undefined> {
    if (!listens) listen();
    for (;;) {
      await new Promise<void>((resolve) => (wake = resolve));
      const chunk = next();
      if (chunk !== null) return chunk;
    }
  }

  return {
    get ended() {
      return hasEnded();
    },
    read() {
      const chunk = next();
      return chunk === null ? arrival() : chunk;
    },
  };
}

/** Infinity: it is not said, for the body comes in pieces. */
function lengthOf({ headers, httpVersionMajor }: IncomingMessage): number {
  const isSaid = httpVersionMajor === 1 && headers['transfer-encoding'] === undefined;
  return isSaid ? Number(headers['content-length'] ?? 0) : Infinity;
}
