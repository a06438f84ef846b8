import type { CompressionAlgorithmValue } from '@platformatic/kafka';
import { compressionsAlgorithms, crc32c } from '@platformatic/kafka';
import type { OutgoingRecord } from '../client/port.ts';
import { at, format } from './batch-layout.ts';
import { Pen, sizeOfField, sizeOfVarint, sizeOfVarlong } from './pen.ts';

export interface PackOptions {
  readonly codec: CompressionAlgorithmValue;
  /** -1n: of nobody in particular. */
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The number that its first record has for its producer and partition, so that it is not written twice; -1: none. */
  readonly sequence: number;
}

/** Records as they are sent to one partition: https://kafka.apache.org/documentation/#recordbatch */
export async function packBatch(
  records: readonly OutgoingRecord[],
  { codec, producerId, producerEpoch, sequence }: PackOptions,
): Promise<Buffer> {
  const firstTimestamp = records[0]?.timestamp ?? 0;
  const written = writeRecords(records, firstTimestamp);
  const bytes = codec === 'none' ? written : await compressed(written, codec);
  let maxTimestamp = firstTimestamp;
  for (const { timestamp } of records) maxTimestamp = Math.max(maxTimestamp, timestamp);
  // Offset and epoch of the leader are the broker's to fill in.
  bytes.writeBigInt64BE(0n, 0);
  bytes.writeInt32BE(bytes.length - at.afterLength, at.length);
  bytes.writeInt32BE(-1, at.leaderEpoch);
  bytes.writeInt8(format, at.format);
  bytes.writeInt16BE(compressionsAlgorithms[codec].bitmask, at.attributes);
  bytes.writeInt32BE(records.length - 1, at.lastOffsetDelta);
  bytes.writeBigInt64BE(BigInt(firstTimestamp), at.firstTimestamp);
  bytes.writeBigInt64BE(BigInt(maxTimestamp), at.maxTimestamp);
  bytes.writeBigInt64BE(producerId, at.producerId);
  bytes.writeInt16BE(producerEpoch, at.producerEpoch);
  bytes.writeInt32BE(sequence, at.sequence);
  bytes.writeInt32BE(records.length, at.count);
  bytes.writeUInt32BE(crc32c(bytes.subarray(at.attributes)), at.checksum);
  return bytes;
}

async function compressed(written: Buffer, codec: CompressionAlgorithmValue): Promise<Buffer> {
  const algorithm = compressionsAlgorithms[codec];
  const plain = written.subarray(at.payload);
  const payload = 'compress' in algorithm ? await algorithm.compress(plain) : algorithm.compressSync(plain);
  return Buffer.concat([written.subarray(0, at.payload), payload]);
}

/** With room for the fields of the batch before them. https://kafka.apache.org/documentation/#record */
function writeRecords(records: readonly OutgoingRecord[], firstTimestamp: number): Buffer {
  const names = new Map<string, Buffer>();
  const bodies = records.map((record, index) => sizeOfBody(record, index, firstTimestamp, names));
  const size = bodies.reduce((all, body) => all + sizeOfVarint(body) + body, at.payload);
  const pen = new Pen(size);
  pen.at = at.payload;
  records.forEach((record, index) => {
    pen.varint(bodies[index] ?? 0);
    writeBody(pen, record, index, firstTimestamp, names);
  });
  return pen.bytes;
}

function sizeOfBody(
  { key, value, headers, timestamp }: OutgoingRecord,
  index: number,
  firstTimestamp: number,
  names: Map<string, Buffer>,
): number {
  let size = 1 + sizeOfVarlong(timestamp - firstTimestamp) + sizeOfVarint(index);
  size += sizeOfField(key) + sizeOfField(value);
  for (const [name, one] of headers) size += named(name, names).length + sizeOfField(one);
  return size + sizeOfVarint(headers.length);
}

function writeBody(
  pen: Pen,
  { key, value, headers, timestamp }: OutgoingRecord,
  index: number,
  firstTimestamp: number,
  names: Map<string, Buffer>,
): void {
  pen.varint(0); // attributes: there are none yet
  pen.varlong(timestamp - firstTimestamp);
  pen.varint(index);
  pen.field(key);
  pen.field(value);
  pen.varint(headers.length);
  for (const [name, one] of headers) {
    pen.raw(named(name, names));
    pen.field(one);
  }
}

/** The field of a header's name: records mostly have the same ones. */
function named(name: string, names: Map<string, Buffer>): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const pen = new Pen(sizeOfField(name));
  pen.field(name);
  names.set(name, pen.bytes);
  return pen.bytes;
}
