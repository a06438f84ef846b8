import zlib from 'node:zlib';
import type { CompressionAlgorithmValue } from '@platformatic/kafka';
import { compressionsAlgorithms, createRecord, createRecordsBatch } from '@platformatic/kafka';

/** Those that the library has on this Node: Zstandard came with 22.15. */
export const codecs: readonly CompressionAlgorithmValue[] = [
  'none',
  'gzip',
  'snappy',
  'lz4',
  ...('zstdCompressSync' in zlib ? (['zstd'] as const) : []),
];

/** Where fields of a batch are: https://kafka.apache.org/documentation/#recordbatch */
export const fieldAt = {
  firstOffset: 0,
  length: 8,
  format: 16,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const;

export interface Content {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [Buffer, Buffer | null])[];
  readonly timestamp?: bigint;
}

export interface BatchOptions {
  readonly first?: number;
  readonly codec?: CompressionAlgorithmValue;
  /** Offsets after the first one whose records are still there, as after compaction. */
  readonly kept?: readonly number[];
  /** More bits. */
  readonly attributes?: number;
  readonly producerId?: bigint;
}

/** A batch by the library's own encoder, as a broker would hand it out. Its checksum is not made right again. */
export function batchBytes(contents: readonly Content[], options: BatchOptions = {}): Buffer {
  const { first = 0, codec = 'none', kept, attributes = 0, producerId = -1n } = options;
  const messages = contents.map(toMessage);
  let bytes = Buffer.from(createRecordsBatch(messages, { compression: codec, producerId }).buffer);
  if (kept) {
    const records = Buffer.concat(
      kept.map((delta) => {
        const message = messages[delta];
        if (message === undefined) throw new Error(`There is no record ${delta}.`);
        return createRecord(message, delta, messages[0]?.timestamp ?? 0n).buffer;
      }),
    );
    const packed = records.length > 0 ? compressionsAlgorithms[codec].compressSync(records) : records;
    bytes = Buffer.concat([bytes.subarray(0, fieldAt.records), packed]);
    bytes.writeInt32BE(kept.length, fieldAt.count);
    bytes.writeInt32BE(bytes.length - fieldAt.length - 4, fieldAt.length);
  }
  bytes.writeBigInt64BE(BigInt(first), fieldAt.firstOffset);
  bytes.writeInt16BE(bytes.readInt16BE(fieldAt.attributes) | attributes, fieldAt.attributes);
  return bytes;
}

function toMessage({ key = null, value = null, headers = [], timestamp = 1_000n }: Content) {
  return {
    topic: 'orders',
    timestamp,
    // The library's types know of no null, which it writes as one.
    key: key as Buffer,
    value: value as Buffer,
    // A map by identity: keys that are equal are several of one name.
    headers: new Map(headers.map(([name, its]) => [Buffer.from(name), its as Buffer])),
  };
}
