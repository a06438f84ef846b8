import type { Body, Spooling } from '../receive/spool.ts';
import { malformed } from '../wire/codec/malformed.ts';
import type { Compressors } from './compressors.ts';

/** What the first part of a message says of all of it. Digest and first length are of the bytes as they travel. */
export interface Announced {
  readonly identifier: Uint8Array;
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly compressor: number;
  readonly compressedLength: number;
  readonly decompressedLength: number;
  readonly compressedDigest: Uint8Array;
}

/** A message that comes in by parts. */
export interface Assembly {
  readonly announced: Announced;
  /** The number of the part that has to come next. */
  readonly nextPart: number;
  /** Whether that was the last one. Rejects with PUBSUB_MALFORMED or PUBSUB_SPOOL. */
  add(part: Uint8Array): Promise<boolean>;
  /** All of it, undefined when it is larger than is taken. Rejects with PUBSUB_MALFORMED or PUBSUB_SPOOL. */
  finish(): Promise<Body | undefined>;
  /** Works twice. */
  discard(): Promise<void>;
}

export interface AssemblyOptions {
  readonly spooling: Spooling;
  readonly compressors: Compressors;
  /** Bytes that a message may have, compressed or not. Larger ones are read and not kept. */
  readonly maxBody: number;
}

/** Throws PUBSUB_MALFORMED. */
export function createAssembly(announced: Announced, options: AssemblyOptions): Assembly {
  const { compressor, compressedLength, decompressedLength } = announced;
  const { spooling, compressors, maxBody } = options;
  if (compressor === 0 && compressedLength !== decompressedLength) {
    throw malformed('a message that is not compressed has two lengths');
  }
  if (compressor !== 0 && (compressedLength === 0 || decompressedLength === 0)) {
    throw malformed('a message without content is compressed');
  }
  const tooLarge = Math.max(compressedLength, decompressedLength) > maxBody;
  const spool = spooling.open();
  let length = 0;
  let nextPart = 0;

  return {
    announced,
    get nextPart() {
      return nextPart;
    },
    async add(part) {
      nextPart += 1;
      length += part.length;
      if (length > compressedLength) throw malformed('a message is longer than it says');
      const complete = length === compressedLength;
      if (part.length === 0 && !complete) throw malformed('a part of a message is empty');
      if (!tooLarge) await spool.write(part);
      return complete;
    },
    async finish() {
      if (tooLarge) return undefined;
      const body = spool.finish();
      if (!body.digest.equals(announced.compressedDigest))
        throw malformed('a message does not have its digest');
      if (compressor === 0) return body;
      try {
        return await compressors.decompress(compressor, body, decompressedLength);
      } finally {
        await body.dispose();
      }
    },
    discard: () => spool.discard(),
  };
}
