import { compressionsAlgorithmsByBitmask, UnsupportedCompressionError } from '@platformatic/kafka';
import { at, codecMask, format } from './batch-layout.ts';

/** A batch in what was fetched, whose records are not read yet: https://kafka.apache.org/documentation/#recordbatch */
export interface Batch {
  readonly firstOffset: bigint;
  /** The offset after it. */
  readonly next: bigint;
  readonly attributes: number;
  readonly firstTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  /** How many records it has. */
  readonly count: number;
  /** Its records, which may be compressed. */
  readonly payload: Buffer;
  /** Where it ends in what was fetched. */
  readonly end: number;
}

/** The batch that begins there; undefined where it is cut, as the last one of a fetch may be. Throws if it is damaged. */
export function batchAt(bytes: Buffer, start: number): Batch | undefined {
  if (bytes.length - start <= at.format) return undefined;
  const itsFormat = bytes.readInt8(start + at.format);
  if (itsFormat !== format) throw new Error(`it has the format ${itsFormat}, and only ${format} is known`);
  const length = bytes.readInt32BE(start + at.length);
  if (length < at.payload - at.afterLength) throw new Error(`its length is ${length}`);
  const end = start + at.afterLength + length;
  if (end > bytes.length) return undefined;
  const firstOffset = bytes.readBigInt64BE(start);
  const lastOffsetDelta = bytes.readInt32BE(start + at.lastOffsetDelta);
  const count = bytes.readInt32BE(start + at.count);
  // Records may have been compacted away, also all of them.
  if (lastOffsetDelta < 0 || count < 0 || count > lastOffsetDelta + 1) {
    throw new Error(
      `it says that it has ${count} records, with offsets up to ${lastOffsetDelta} after the first`,
    );
  }
  return {
    firstOffset,
    next: firstOffset + BigInt(lastOffsetDelta) + 1n,
    attributes: bytes.readInt16BE(start + at.attributes),
    firstTimestamp: bytes.readBigInt64BE(start + at.firstTimestamp),
    maxTimestamp: bytes.readBigInt64BE(start + at.maxTimestamp),
    producerId: bytes.readBigInt64BE(start + at.producerId),
    count,
    payload: bytes.subarray(start + at.payload, end),
    end,
  };
}

/** Its records as they were written. UnsupportedCompressionError: there is no codec for it. */
export function unpacked({ attributes, payload, count }: Batch): Buffer {
  const codec = attributes & codecMask;
  // What was compacted away has nothing to unpack.
  if (codec === 0 || (count === 0 && payload.length === 0)) return payload;
  const algorithm = compressionsAlgorithmsByBitmask[codec];
  if (algorithm === undefined) {
    throw new UnsupportedCompressionError(`A batch is compressed with codec ${codec}, which is not known.`);
  }
  return algorithm.decompressSync(payload);
}
