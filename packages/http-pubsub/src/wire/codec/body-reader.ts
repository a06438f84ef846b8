import type { Chunks } from './chunks.ts';
import { chunksFrom } from './chunks.ts';
import type { Decoding } from './decoding.ts';
import { malformed } from './malformed.ts';

/** Reads a body as it comes in, holding no more of it than is asked for at once and the chunk that it ends in. */
export interface BodyReader {
  /** Rejects with PUBSUB_MALFORMED, also when the body ends too early. */
  decode<T>(decoding: Decoding<T>): Promise<T>;
  /** What follows: its next chunk, without a wait when it is there; undefined: that was all. */
  read(): Buffer | undefined | Promise<Buffer | undefined>;
  /** The same, chunk by chunk. Once. */
  rest(): AsyncGenerator<Buffer, void>;
}

export function readBody(body: Chunks | AsyncIterable<Uint8Array>): BodyReader {
  const chunks = 'read' in body ? body : chunksFrom(body);
  let held: Buffer = Buffer.alloc(0);
  let offset = 0;

  async function hold(count: number): Promise<void> {
    const parts = offset < held.length ? [held.subarray(offset)] : [];
    let length = held.length - offset;
    while (length < count) {
      const next = chunks.read();
      const chunk = next instanceof Promise ? await next : next;
      if (chunk === undefined) throw malformed('the body ends too early');
      parts.push(toBuffer(chunk));
      length += chunk.length;
    }
    held = parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts);
    offset = 0;
  }

  function take(count: number): Buffer {
    offset += count;
    return held.subarray(offset - count, offset);
  }

  function read(): Buffer | undefined | Promise<Buffer | undefined> {
    if (offset < held.length) return take(held.length - offset);
    const next = chunks.read();
    return next instanceof Promise ? next.then(toOptional) : toOptional(next);
  }

  return {
    async decode(decoding) {
      let step = decoding.next();
      while (!step.done) {
        // Most bodies come in one piece: nobody waits for what is there.
        if (held.length - offset < step.value) await hold(step.value);
        step = decoding.next(take(step.value));
      }
      return step.value;
    },
    read,
    async *rest() {
      for (let chunk = await read(); chunk; chunk = await read()) yield chunk;
    },
  };
}

function toBuffer({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function toOptional(chunk: Uint8Array | undefined): Buffer | undefined {
  return chunk && toBuffer(chunk);
}
