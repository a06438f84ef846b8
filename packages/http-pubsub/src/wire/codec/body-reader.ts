import type { Decoding } from './decoding.ts';
import { malformed } from './malformed.ts';

/** Reads a body as it comes in, holding no more of it than is asked for at once and the chunk that it ends in. */
export interface BodyReader {
  /** Rejects with PUBSUB_MALFORMED, also when the body ends too early. */
  decode<T>(decoding: Decoding<T>): Promise<T>;
  /** What follows, chunk by chunk. Once. */
  rest(): AsyncGenerator<Buffer, void>;
}

export function readBody(body: AsyncIterable<Uint8Array>): BodyReader {
  const chunks = body[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);

  async function nextChunk(): Promise<Buffer | undefined> {
    const { done, value } = await chunks.next();
    return done === true ? undefined : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  }

  async function hold(count: number): Promise<void> {
    const parts = [held];
    let length = held.length;
    while (length < count) {
      const chunk = await nextChunk();
      if (chunk === undefined) throw malformed('the body ends too early');
      parts.push(chunk);
      length += chunk.length;
    }
    held = Buffer.concat(parts);
  }

  function take(count: number): Buffer {
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  }

  return {
    async decode(decoding) {
      let step = decoding.next();
      while (!step.done) {
        // Most bodies come in one piece: nobody waits for what is there.
        if (held.length < step.value) await hold(step.value);
        step = decoding.next(take(step.value));
      }
      return step.value;
    },
    async *rest() {
      if (held.length > 0) yield held;
      for (let chunk = await nextChunk(); chunk; chunk = await nextChunk()) yield chunk;
    },
  };
}
