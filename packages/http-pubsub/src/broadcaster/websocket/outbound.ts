import { bodyOf } from '../../receive/spool.ts';
import type { Zstd } from '../../websocket/zstd.ts';
import type { SocketBody, SocketPublication } from './settings.ts';

export interface OutboundCompressor {
  readonly id: number;
  readonly level: number;
  readonly minSize: number;
  readonly dictionary: Uint8Array | undefined;
}

/** What travels: the message, or what is left of it when it is compressed. */
export interface OutboundContent {
  readonly compressor: number;
  readonly digest: Uint8Array;
  readonly body: SocketBody;
}

/** A message on its way to sockets. */
export interface Outbound {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly length: number;
  /** As it goes to a socket that knows these compressors. */
  content(compressors: readonly OutboundCompressor[]): Promise<OutboundContent>;
}

/** Larger ones would have to be compressed in a file. */
const mostCompressed = 16 * 1024 ** 2;

/** Compresses once for all sockets. */
export function outboundOf(
  { topic, tracing, digest, body }: SocketPublication,
  zstd: Zstd | undefined,
): Outbound {
  const plain: OutboundContent = { compressor: 0, digest, body };
  const compressed = new Map<number, Promise<OutboundContent>>();

  async function compress({ id, level, dictionary }: OutboundCompressor): Promise<OutboundContent> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body.chunks()) chunks.push(chunk);
    const bytes = await zstd?.compress(Buffer.concat(chunks), { level, dictionary });
    if (bytes === undefined || bytes.length >= body.length) return plain;
    const smaller = bodyOf(bytes);
    return { compressor: id, digest: smaller.digest, body: smaller };
  }

  return {
    topic,
    tracing,
    length: body.length,
    async content(compressors) {
      const compressor = compressors.findLast(({ minSize }) => body.length >= minSize);
      if (compressor === undefined || body.length === 0 || body.length > mostCompressed) return plain;
      const { id } = compressor;
      const content = compressed.get(id) ?? compress(compressor);
      compressed.set(id, content);
      return await content;
    },
  };
}
