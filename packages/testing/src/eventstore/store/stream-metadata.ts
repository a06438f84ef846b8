import type { RecordedEvent } from './recorded-event.ts';

/** What the metadata of a stream says about which of its events may still be read. */
export interface Retention {
  /** The first revision that may be read. */
  readonly truncateBefore: bigint;
  readonly maxCount: bigint | undefined;
  /** In milliseconds. */
  readonly maxAge: number | undefined;
}

export const keepsAll: Retention = { truncateBefore: 0n, maxCount: undefined, maxAge: undefined };

/** What a deleted stream, that may be written to again, has as its first revision: the largest long. */
export const deletedRevision = 9_223_372_036_854_775_807n;

export const metadataType = '$metadata';

export function metadataStreamOf(stream: string): string {
  return `$$${stream}`;
}

/** Metadata that makes no sense counts as none, as it does on a server. */
export function retentionOf(event: RecordedEvent): Retention {
  const text = Buffer.from(event.data).toString();
  // The largest long has no exact number in JavaScript.
  const truncateBefore = /"\$tb"\s*:\s*(\d+)/.exec(text)?.[1];
  const maxCount = /"\$maxCount"\s*:\s*(\d+)/.exec(text)?.[1];
  const maxAge = /"\$maxAge"\s*:\s*(\d+)/.exec(text)?.[1];
  return {
    truncateBefore: BigInt(truncateBefore ?? 0),
    maxCount: maxCount === undefined ? undefined : BigInt(maxCount),
    maxAge: maxAge === undefined ? undefined : Number(maxAge) * 1_000,
  };
}
