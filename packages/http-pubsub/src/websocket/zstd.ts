import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Body, Spooling } from '../receive/spool.ts';
import { malformed } from '../wire/codec/malformed.ts';

export interface Dictionary {
  readonly dictionary?: Uint8Array | undefined;
}

/** Zstandard by Node itself, which has it since 22.15, and with dictionaries since 22.19 and 24.6. */
export interface Zstd {
  readonly dictionaries: boolean;
  compress(bytes: Uint8Array, options: { readonly level: number } & Dictionary): Promise<Buffer>;
  /** Rejects with PUBSUB_MALFORMED when what comes out has not exactly that many bytes. */
  decompress(
    body: Body,
    options: { readonly length: number; readonly spooling: Spooling } & Dictionary,
  ): Promise<Body>;
}

/** 8 MiB, as a power of two: what a frame may ask a receiver to look back. */
const windowLog = 23;

/** Undefined where Node has none. */
export const zstd: Zstd | undefined =
  typeof zlib.zstdCompress === 'function'
    ? { dictionaries: knowsDictionaries(process.versions.node), compress, decompress }
    : undefined;

async function compress(
  bytes: Uint8Array,
  { level, dictionary }: { readonly level: number } & Dictionary,
): Promise<Buffer> {
  const { ZSTD_c_compressionLevel, ZSTD_c_contentSizeFlag, ZSTD_c_checksumFlag, ZSTD_c_dictIDFlag } =
    zlib.constants;
  return await promisify(zlib.zstdCompress)(bytes, {
    params: {
      [ZSTD_c_compressionLevel]: level,
      // As lonelyps writes frames: length and digest are in the headers of the message.
      [ZSTD_c_contentSizeFlag]: 0,
      [ZSTD_c_checksumFlag]: 0,
      [ZSTD_c_dictIDFlag]: 0,
    },
    ...(dictionary && { dictionary }),
  });
}

async function decompress(
  body: Body,
  { length, spooling, dictionary }: { readonly length: number; readonly spooling: Spooling } & Dictionary,
): Promise<Body> {
  const spool = spooling.open();
  const decoder = zlib.createZstdDecompress({
    params: { [zlib.constants.ZSTD_d_windowLogMax]: windowLog },
    ...(dictionary && { dictionary }),
  });
  /** Some Nodes report that the pipeline was aborted, and not what for. */
  let excess: Error | undefined;
  try {
    await pipeline(body.stream(), decoder, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        if (spool.length + chunk.length > length) {
          excess = malformed('more comes out of a message than it says');
          throw excess;
        }
        await spool.write(chunk);
      }
    });
    if (spool.length !== length) throw malformed('less comes out of a message than it says');
    return spool.finish();
  } catch (error) {
    await spool.discard();
    if (excess) throw excess;
    if (isOfZlib(error)) throw malformed('a compressed message is none');
    throw error;
  }
}

function isOfZlib(error: unknown): boolean {
  return (
    error instanceof Error && 'code' in error && /^(ZSTD_|Z_|ERR_ZSTD|ERR_BUFFER)/.test(String(error.code))
  );
}

function knowsDictionaries(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 24 || (major === 24 && minor >= 6) || (major === 22 && minor >= 19);
}
