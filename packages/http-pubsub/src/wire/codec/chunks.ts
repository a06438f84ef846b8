/** What comes in piece by piece. */
export interface Chunks {
  /**
   * The next piece, without a wait when it is there already; undefined: that was all. One read at a time. Throws or rejects
   * when it can't be had.
   */
  read(): Uint8Array | undefined | Promise<Uint8Array | undefined>;
}

export function chunksFrom(pieces: AsyncIterable<Uint8Array>): Chunks {
  const iterator = pieces[Symbol.asyncIterator]();
  return {
    async read() {
      const { done, value } = await iterator.next();
      return done === true ? undefined : value;
    },
  };
}

/** The same, for what iterates. */
export async function* piecesOf(chunks: Chunks): AsyncGenerator<Uint8Array, void> {
  for (;;) {
    const next = chunks.read();
    const chunk = next instanceof Promise ? await next : next;
    if (chunk === undefined) return;
    yield chunk;
  }
}
