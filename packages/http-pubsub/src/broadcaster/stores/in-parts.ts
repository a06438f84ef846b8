/** The same bytes in pieces of that size, the last one of less. */
export async function* inParts(chunks: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let held = 0;
  for await (let chunk of chunks) {
    while (held + chunk.length >= size) {
      const rest = size - held;
      yield Buffer.concat([...waiting, chunk.subarray(0, rest)]);
      chunk = chunk.subarray(rest);
      waiting = [];
      held = 0;
    }
    if (chunk.length === 0) continue;
    waiting.push(chunk);
    held += chunk.length;
  }
  if (held > 0) yield Buffer.concat(waiting);
}
