/** The most messages that a call takes. */
const mostEntries = 10;

/** Shares out messages among calls, in their order: as many as may go together, by number and by bytes. */
export function toBatches<T extends { readonly size: number }>(
  messages: readonly T[],
  maxBytes: number,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let bytes = Infinity;
  for (const message of messages) {
    const batch = batches.at(-1);
    if (batch === undefined || batch.length === mostEntries || bytes + message.size > maxBytes) {
      batches.push([message]);
      bytes = message.size;
    } else {
      batch.push(message);
      bytes += message.size;
    }
  }
  return batches;
}
