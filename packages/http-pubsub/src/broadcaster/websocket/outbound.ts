import { bodyOf } from '../../receive/spool.ts';
import type { Body, Spooling } from '../../receive/spool.ts';
import type { Zstd } from '../../websocket/zstd.ts';
import type { SocketPublication } from './settings.ts';

export interface OutboundCompressor {
  readonly id: number;
  readonly level: number;
  readonly minSize: number;
  readonly dictionary: Uint8Array | undefined;
}

/** What travels: the message, or what is left of it when it is compressed. */
export interface OutboundContent {
  readonly compressor: number;
  readonly body: Body;
}

/** A message on its way to sockets. */
export interface Outbound {
  readonly topic: Uint8Array;
  readonly tracing: Uint8Array;
  readonly length: number;
  /** As it goes to a socket that knows these compressors. Made once for all sockets. */
  content(compressors: readonly OutboundCompressor[]): Promise<OutboundContent>;
  /** One more needs it. */
  retain(): void;
  /** One needs it no more; after the last one it is gone. */
  release(): Promise<void>;
}

/** Keeps a copy of its own, which whoever handed it over need not wait for. Rejects with PUBSUB_SPOOL. */
export async function outboundOf(
  { topic, tracing, body }: SocketPublication,
  { spooling, zstd }: { readonly spooling: Spooling; readonly zstd: Zstd | undefined },
): Promise<Outbound> {
  const spool = spooling.open();
  try {
    for await (const chunk of body.chunks()) await spool.write(chunk);
  } catch (error) {
    await spool.discard();
    throw error;
  }
  const copy = spool.finish();
  const plain: OutboundContent = { compressor: 0, body: copy };
  const compressed = new Map<number, Promise<OutboundContent>>();
  let users = 1;

  async function compress({ id, level, dictionary }: OutboundCompressor): Promise<OutboundContent> {
    const bytes = await zstd?.compress(copy.bytes(), { level, dictionary });
    if (bytes === undefined || bytes.length >= copy.length) return plain;
    return { compressor: id, body: bodyOf(bytes) };
  }

  return {
    topic,
    tracing,
    length: copy.length,
    async content(compressors) {
      const compressor = compressors.findLast(({ minSize }) => copy.length >= minSize);
      // What lies in a file is too large to be compressed in memory.
      if (compressor === undefined || copy.spooled || copy.length === 0) return plain;
      const { id } = compressor;
      const content = compressed.get(id) ?? compress(compressor);
      compressed.set(id, content);
      return await content;
    },
    retain() {
      users += 1;
    },
    async release() {
      users -= 1;
      if (users === 0) await copy.dispose();
    },
  };
}
