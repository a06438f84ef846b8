import type { Clock } from '@millrace/core';
import type { HttpPubsubError } from '../errors.ts';
import { httpPubsubError } from '../errors.ts';
import type { ListenerLimits } from './options.ts';

export interface BodyLimits extends Required<
  Pick<ListenerLimits, 'bodyTimeout' | 'minBodyRate' | 'bodyGrace'>
> {
  readonly maxBody: number;
}

/**
 * The chunks of a body, as long as it is not too large and not too slow. Only the time that is spent waiting for the
 * sender counts: a reader may take its own.
 */
export function boundedBody(
  chunks: AsyncIterator<Uint8Array>,
  limits: BodyLimits,
  clock: Clock,
): AsyncIterableIterator<Uint8Array, void> {
  let bytes = 0;
  let waited = 0;
  const body: AsyncIterableIterator<Uint8Array, void> = {
    async next() {
      const since = clock.monotonic();
      const { done, value } = await inTime(chunks.next(), clock, patience(bytes, limits) - waited);
      if (done === true) return { done, value: undefined };
      waited += clock.monotonic() - since;
      bytes += value.length;
      if (bytes > limits.maxBody) throw tooLarge(limits.maxBody);
      return { done: false, value };
    },
    [Symbol.asyncIterator]: () => body,
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
