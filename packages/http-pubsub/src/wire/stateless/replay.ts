import type { Decoding } from '../codec/decoding.ts';
import { readL2, readLength, readText } from '../codec/decoding.ts';
import { l2, u8 } from '../codec/encoding.ts';

/**
 * Of `/v1/x/replay`, which only Millrace's broadcaster knows: send a URL again what was published to a topic. It is signed as
 * `check` is, and answered as `notify` is: with the number of messages, an empty identifier, and the SHA-512 of this request.
 */
export interface ReplayRequest {
  readonly tracing: Uint8Array;
  /** The subscriber's. */
  readonly url: string;
  readonly topic: Uint8Array;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export function encodeReplay({ tracing, url, topic, since }: ReplayRequest): Buffer {
  return Buffer.concat([l2(tracing), l2(url), l2(topic), u8(since)]);
}

export function* replayRequest(): Decoding<ReplayRequest> {
  const tracing = yield* readL2();
  const url = yield* readText('the URL');
  const topic = yield* readL2();
  return { tracing, url, topic, since: yield* readLength() };
}
