import type { Body } from '../receive/spool.ts';

export interface Part {
  readonly number: number;
  readonly payload: Buffer;
  readonly last: boolean;
}

/** A body in pieces of `size` bytes, the last one smaller. One without content is one piece. */
export async function* partsOf(body: Body, size: number): AsyncGenerator<Part, void> {
  if (!body.spooled) {
    const bytes = body.bytes();
    for (let offset = 0, number = 0; offset === 0 || offset < bytes.length; offset += size, number += 1) {
      const payload = bytes.subarray(offset, offset + size);
      yield { number, payload, last: offset + size >= bytes.length };
    }
    return;
  }
  let number = 0;
  let sent = 0;
  let held: Buffer[] = [];
  let length = 0;
  for await (const chunk of body.chunks()) {
    held.push(chunk);
    length += chunk.length;
    while (length >= size || sent + length === body.length) {
      if (length === 0) return;
      const all = Buffer.concat(held);
      const payload = all.subarray(0, size);
      sent += payload.length;
      held = [all.subarray(size)];
      length -= payload.length;
      yield { number, payload, last: sent === body.length };
      number += 1;
    }
  }
}
