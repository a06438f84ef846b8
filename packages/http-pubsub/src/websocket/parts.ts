import { httpPubsubError } from '../errors.ts';

export interface Part {
  readonly number: number;
  readonly payload: Buffer;
  readonly last: boolean;
}

export interface Content {
  readonly length: number;
  chunks(): AsyncIterable<Uint8Array>;
}

/** In pieces of `size` bytes, the last one smaller. What has no content is one piece. Throws PUBSUB_PAYLOAD when more comes. */
export async function* partsOf(content: Content, size: number): AsyncGenerator<Part, void> {
  if (content.length === 0) {
    yield { number: 0, payload: Buffer.alloc(0), last: true };
    return;
  }
  let number = 0;
  let left = content.length;
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of content.chunks()) {
    held.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    length += chunk.length;
    if (length > left) throw tooLong();
    while (left > 0 && length >= Math.min(size, left)) {
      // What comes in one piece is not copied.
      const all = held.length === 1 && held[0] ? held[0] : Buffer.concat(held);
      const payload = all.subarray(0, Math.min(size, left));
      left -= payload.length;
      length -= payload.length;
      held = length > 0 ? [all.subarray(payload.length)] : [];
      yield { number, payload, last: left === 0 };
      number += 1;
    }
  }
}

function tooLong(): Error {
  return httpPubsubError(
    'PUBSUB_PAYLOAD',
    'What is to be published is not what it was: it has more bytes than it should have.',
  );
}
