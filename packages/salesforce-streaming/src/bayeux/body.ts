import { bayeuxError } from './bayeux-error.ts';

/** The whole body as text. A character may be split over two chunks; bytes count after decompression. */
export async function readText(response: Response, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let bytes = 0;
  const chunks: AsyncIterable<Uint8Array> | undefined = response.body ?? undefined;
  if (chunks === undefined) return '';
  // Leaving the loop early cancels the rest of the body.
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw bayeuxError({ kind: 'too-large', direction: 'response', limit: maxBytes });
    parts.push(decoder.decode(chunk, { stream: true }));
  }
  parts.push(decoder.decode());
  return parts.join('');
}
