import { UnsupportedCompressionError } from '@platformatic/kafka';
import type { KafkaRecord } from '../client/port.ts';
import { kafkaError } from '../errors.ts';
import type { Names } from './cursor.ts';
import type { FetchedPartition } from './fetch-answer.ts';
import { recordsOf } from './fetched-record.ts';
import type { Batch } from './record-batch.ts';
import { batchAt } from './record-batch.ts';

/** Bits of a batch's attributes: https://kafka.apache.org/documentation/#recordbatch */
const [transactional, control] = [1 << 4, 1 << 5];
/** Of the key of a control record, after two bytes of version: https://kafka.apache.org/documentation/#controlbatch */
const abortMarker = 0;

/** What a fetch has brought of a partition. */
export interface Readable {
  readonly records: readonly KafkaRecord[];
  /** The offset after the last batch; where reading began, if there is none. */
  readonly next: bigint;
}

type Fetched = Pick<FetchedPartition, 'topic' | 'partition' | 'abortedTransactions' | 'bytes'>;

/**
 * The records of a fetch that are to be read, from an offset on. Neither what transactions have left behind that were aborted,
 * nor the marks of their ends. Of a batch that is damaged, what comes before it is answered; throws KAFKA_REQUEST_FAILED when
 * it is the first one. UnsupportedCompressionError: there is no codec for a batch.
 */
export function readableRecords(fetched: Fetched, from: bigint): Readable {
  const { bytes, abortedTransactions } = fetched;
  const upcoming = abortedTransactions.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  /** Producers whose transaction is one that was aborted, at the batch in hand. */
  const aborting = new Set<bigint>();
  const names: Names = [];
  const lots: KafkaRecord[][] = [];
  let next = from;

  function recordsIn(batch: Batch): KafkaRecord[] | undefined {
    const isFirst = next === from;
    // The first one may begin before what was asked for.
    if (batch.next <= next || (!isFirst && batch.firstOffset < next)) {
      throw new Error(`it goes from ${batch.firstOffset} to ${batch.next - 1n}`);
    }
    while (upcoming[0] && upcoming[0].firstOffset < batch.next) {
      const [{ producerId }] = upcoming.splice(0, 1) as [(typeof upcoming)[0]];
      aborting.add(producerId);
    }
    if (batch.attributes & control) {
      if (markOf(batch, names) === abortMarker) aborting.delete(batch.producerId);
      return undefined;
    }
    if (batch.attributes & transactional && aborting.has(batch.producerId)) return undefined;
    return recordsOf(batch, from, names);
  }

  try {
    for (let start = 0; ;) {
      const batch = batchAt(bytes, start);
      if (batch === undefined) break;
      const records = recordsIn(batch);
      if (records) lots.push(records);
      ({ next, end: start } = batch);
    }
    // Brokers cut only what comes after a whole one.
    if (next === from && bytes.length > 0) throw new Error('it is longer than what there is of it');
  } catch (error) {
    // The next fetch begins with it, and then there is nothing else to answer.
    if (next === from) throw failureOf(error, fetched, from);
  }
  const [first = []] = lots;
  return { records: lots.length > 1 ? lots.flat() : first, next };
}

function markOf(batch: Batch, names: Names): number | undefined {
  const [record] = recordsOf(batch, batch.firstOffset, names);
  const key = record?.key;
  return key && key.length >= 4 ? key.readInt16BE(2) : undefined;
}

function failureOf(error: unknown, { topic, partition }: Fetched, from: bigint): unknown {
  if (error instanceof UnsupportedCompressionError) return error;
  const problem = error instanceof Error ? error.message : String(error);
  return kafkaError(
    'KAFKA_REQUEST_FAILED',
    `A batch can not be read: it is damaged. It is that at ${topic}[${partition}]@${from}: ${problem}. See what is there with kafka-dump-log.sh; set the offsets of the group to pass over it.`,
    error,
  );
}
