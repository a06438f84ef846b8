import type { Clock } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { Chunks } from '../wire/codec/chunks.ts';
import { piecesOf } from '../wire/codec/chunks.ts';
import type { ListenerLimits } from './options.ts';

export interface BodyLimits extends Required<
  Pick<ListenerLimits, 'bodyTimeout' | 'minBodyRate' | 'bodyGrace'>
> {
  readonly maxBody: number;
}

/** A body as long as it is not too large and not too slow. It can be read and iterated, one of the two, once. */
export interface BoundedBody extends Chunks, AsyncIterable<Uint8Array> {}

/** Only the time that is spent waiting for the sender counts: a reader may take its own. */
export function boundedBody(chunks: Chunks, limits: BodyLimits, clock: Clock): BoundedBody {
  let bytes = 0;
  let waited = 0;

  function count(chunk: Uint8Array | undefined): Uint8Array | undefined {
    bytes += chunk?.length ?? 0;
    if (bytes > limits.maxBody) throw tooLarge(limits.maxBody);
    return chunk;
  }

  async function waitFor(next: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
    const since = clock.monotonic();
    const chunk = await inTime(next, clock, patience(bytes, limits) - waited);
    waited += clock.monotonic() - since;
    return count(chunk);
  }

  const body: BoundedBody = {
    read() {
      const next = chunks.read();
      return next instanceof Promise ? waitFor(next) : count(next);
    },
    [Symbol.asyncIterator]: () => piecesOf(body),
  };
  return body;
}

function tooLarge(maxBody: number): HttpPubsubError {
  return httpPubsubError('PUBSUB_BODY_LIMIT', `The body has more than the ${maxBody} bytes that are taken.`);
}

/** Milliseconds that may be spent waiting until there is more than this. */
function patience(bytes: number, { bodyTimeout, minBodyRate, bodyGrace }: BodyLimits): number {
  return Math.min(bodyTimeout, Math.max(bodyGrace, (bytes / minBodyRate) * 1_000));
}

function inTime<T>(work: Promise<T>, clock: Clock, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.setTimeout(
      () => reject(httpPubsubError('PUBSUB_BODY_TIMEOUT', 'The body comes in too slowly.')),
      Math.max(0, milliseconds),
    );
    work.finally(cancel).then(resolve, reject);
  });
}
