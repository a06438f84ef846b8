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
  /** Undefined: the body goes as it is. */
  compress(body: Body): Promise<{ readonly id: number; readonly bytes: Buffer } | undefined>;
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
    async compress(body) {
      // What lies in a file is too large to be compressed in memory.
      if (zstd === undefined || body.spooled || body.length === 0) return undefined;
      const fitting = [...enabled.values()].filter(
        ({ minSize, maxSize }) => body.length >= minSize && BigInt(body.length) <= maxSize,
      );
      const compressor = fitting.at(-1);
      if (compressor === undefined) return undefined;
      const bytes = await zstd.compress(body.bytes(), compressor);
      return bytes.length < body.length ? { id: compressor.id, bytes } : undefined;
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
