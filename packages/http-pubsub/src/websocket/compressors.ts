import { createHash } from 'node:crypto';
import type { Body, Spooling } from '../receive/spool.ts';
import { malformed } from '../wire/codec/malformed.ts';
import type { Zstd } from './zstd.ts';

/** A way to compress that both sides of a connection know. */
export interface Compressor {
  readonly id: number;
  readonly level: number;
  /** Bytes from which on it is worth it, and up to which. */
  readonly minSize: number;
  readonly maxSize: bigint;
  readonly dictionary?: Uint8Array | undefined;
}

/** What the messages of a connection may be compressed with. */
export interface Compressors {
  enable(compressor: Compressor): void;
  disable(id: number): void;
  /** What a message of so many bytes should be compressed with. Undefined: it goes as it is. */
  fitting(length: number): Compressor | undefined;
  /** Undefined: it would not get smaller. */
  compress(compressor: Compressor, bytes: Uint8Array): Promise<Buffer | undefined>;
  /** Rejects with PUBSUB_MALFORMED. */
  decompress(id: number, body: Body, length: number): Promise<Body>;
}

export interface CompressorsOptions {
  readonly zstd: Zstd | undefined;
  readonly spooling: Spooling;
  /** Dictionaries agreed on beforehand, by id (2 to 65535). */
  readonly dictionaries?: ReadonlyMap<number, Uint8Array> | undefined;
}

/** Ids from here on are of one connection, and come with their dictionary. */
const firstTrained = 65_536;
const mostTrained = 2;
/** It is done in memory. */
const mostCompressed = 16 * 1024 ** 2;

export function createCompressors({ zstd, spooling, dictionaries }: CompressorsOptions): Compressors {
  const enabled = new Map<number, Compressor>();

  return {
    enable(compressor) {
      enabled.delete(compressor.id);
      enabled.set(compressor.id, { dictionary: dictionaries?.get(compressor.id), ...compressor });
      const trained = [...enabled.keys()].filter((id) => id >= firstTrained);
      // Of those only the newest are of use, and each may be large.
      for (const old of trained.slice(0, -mostTrained)) enabled.delete(old);
    },
    disable: (id) => void enabled.delete(id),
    fitting(length) {
      if (length === 0 || length > mostCompressed) return undefined;
      return [...enabled.values()].findLast(
        ({ minSize, maxSize }) => length >= minSize && BigInt(length) <= maxSize,
      );
    },
    async compress(compressor, bytes) {
      const compressed = await zstd?.compress(bytes, compressor);
      return compressed && compressed.length < bytes.length ? compressed : undefined;
    },
    async decompress(id, body, length) {
      const compressor = enabled.get(id);
      if (zstd === undefined || compressor === undefined) {
        throw malformed(`a message is compressed with ${id}, which was never agreed on`);
      }
      return await zstd.decompress(body, { length, spooling, dictionary: compressor.dictionary });
    },
  };
}

/** Throws PUBSUB_MALFORMED when a dictionary is not the one that its digest is of. */
export function assertDictionary(dictionary: Uint8Array, digest: Uint8Array): void {
  if (createHash('sha512').update(dictionary).digest().equals(digest)) return;
  throw malformed('a dictionary does not have its digest');
}
