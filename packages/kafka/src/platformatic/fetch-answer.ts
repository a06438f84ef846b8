import type { Reader } from '@platformatic/kafka';
import { createAPI, fetchV12 } from '@platformatic/kafka';
import { kafkaError } from '../errors.ts';

/** A transaction that was aborted: from which offset on, by whom. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

export interface FetchedPartition {
  readonly topic: string;
  readonly partition: number;
  /** Of the protocol; 0: none. */
  readonly errorCode: number;
  readonly highWatermark: bigint;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Batches of records, of which the last one may be cut. */
  readonly bytes: Buffer;
}

export interface FetchAnswer {
  /** Of the whole request. */
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

const { key, version } = fetchV12.api;
const none = Buffer.alloc(0);

/** The library's request, whose answer is read without the records, and errors of partitions stand beside the others. */
export const fetchPartitions = createAPI<fetchV12.FetchRequest, FetchAnswer>(
  key,
  version,
  fetchV12.createRequest,
  (_correlation, _key, _version, reader) => readFetchAnswer(reader),
);

/**
 * Fetch response 12, after its header. Throws KAFKA_REQUEST_FAILED if it is none.
 * https://kafka.apache.org/protocol#The_Messages_Fetch
 */
export function readFetchAnswer(reader: Reader): FetchAnswer {
  try {
    reader.skip(4); // throttle_time_ms
    const errorCode = reader.readInt16();
    reader.skip(4); // session_id
    const partitions: FetchedPartition[] = [];
    for (let topics = readSize(reader); topics > 0; topics -= 1) {
      const topic = readBytes(reader).toString();
      for (let left = readSize(reader); left > 0; left -= 1) partitions.push(readPartition(reader, topic));
      skipTags(reader);
    }
    return { errorCode, partitions };
  } catch (cause) {
    throw kafkaError(
      'KAFKA_REQUEST_FAILED',
      'The broker has answered a fetch with what can not be read.',
      cause,
    );
  }
}

function readPartition(reader: Reader, topic: string): FetchedPartition {
  const partition = reader.readInt32();
  const errorCode = reader.readInt16();
  const highWatermark = reader.readInt64();
  reader.skip(16); // last_stable_offset, log_start_offset
  const abortedTransactions: AbortedTransaction[] = [];
  for (let left = readSize(reader); left > 0; left -= 1) {
    abortedTransactions.push({ producerId: reader.readInt64(), firstOffset: reader.readInt64() });
    skipTags(reader);
  }
  reader.skip(4); // preferred_read_replica
  const bytes = readBytes(reader);
  skipTags(reader);
  return { topic, partition, errorCode, highWatermark, abortedTransactions, bytes };
}

/** A copy only where the socket has brought it in pieces. */
function readBytes(reader: Reader): Buffer {
  const size = readSize(reader);
  if (size === 0) return none;
  const bytes = reader.buffer.slice(reader.position, reader.position + size);
  reader.skip(size);
  return bytes;
}

function skipTags(reader: Reader): void {
  for (let left = within(reader, reader.readUnsignedVarInt()); left > 0; left -= 1) {
    reader.readUnsignedVarInt();
    reader.skip(within(reader, reader.readUnsignedVarInt()));
  }
}

/** Of bytes, or of a list, whose elements are bytes at least: one less than what is written, where 0 is null. */
function readSize(reader: Reader): number {
  const written = reader.readUnsignedVarInt();
  return written === 0 ? 0 : within(reader, written - 1);
}

function within(reader: Reader, size: number): number {
  if (size < 0 || size > reader.remaining)
    throw new RangeError(`${size} do not fit into ${reader.remaining} bytes`);
  return size;
}
