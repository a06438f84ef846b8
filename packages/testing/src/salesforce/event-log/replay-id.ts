/** After the newest event: only what comes from now on. */
export const tip = -1n;
/** Before the oldest event that is retained. */
export const everything = -2n;

const newest = 2n ** 63n - 1n;

/**
 * The replay id that a client sent, as read by `parseJson`; undefined when it is none. Digits in a text count too: the
 * server takes both.
 */
export function readReplayId(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return typeof value === 'string' && /^-?\d{1,19}$/.test(value) ? BigInt(value) : undefined;
}

/** An id as the Pub/Sub API has it: a big-endian long and two more bytes (pub-sub-api-node-client issues 27 and 36). */
export function replayIdToBytes(replayId: bigint): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeBigInt64BE(replayId);
  return bytes;
}

/** Undefined when no id was ever written like this. */
export function replayIdFromBytes(bytes: Uint8Array): bigint | undefined {
  if (bytes.length !== 10 || bytes[8] !== 0 || bytes[9] !== 0) return undefined;
  const replayId = Buffer.from(bytes).readBigInt64BE();
  return replayId >= 0n && replayId <= newest ? replayId : undefined;
}
