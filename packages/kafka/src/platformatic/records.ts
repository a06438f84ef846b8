import type { KafkaRecord as WireRecord, RecordsBatch } from '@platformatic/kafka';
import type { HeaderBytes, KafkaRecord } from '../client/port.ts';

/** A transaction that was aborted, as a fetch tells of it: from which offset on, by whom. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

/** Bits of a batch's attributes: https://kafka.apache.org/documentation/#recordbatch */
const [appendTime, transactional, control] = [1 << 3, 1 << 4, 1 << 5];
/** Of the key of a control record, after two bytes of version: https://kafka.apache.org/documentation/#controlbatch */
const abortMarker = 0;

/**
 * The records of a fetch that are to be read, from an offset on. Neither what transactions have left behind that were aborted,
 * nor the marks of their ends. The library's own filter knows of one aborted transaction for each producer.
 */
export function readableRecords(
  batches: readonly RecordsBatch[],
  from: bigint,
  aborted: readonly AbortedTransaction[],
): readonly KafkaRecord[] {
  const upcoming = aborted.toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  /** Producers whose transaction is one that was aborted, at the batch in hand. */
  const aborting = new Set<bigint>();
  const records: KafkaRecord[] = [];
  for (const batch of batches) {
    while (upcoming[0] && upcoming[0].firstOffset <= endOf(batch) - 1n) {
      const [{ producerId }] = upcoming.splice(0, 1) as [AbortedTransaction];
      aborting.add(producerId);
    }
    if (batch.attributes & control) {
      if (markOf(batch) === abortMarker) aborting.delete(batch.producerId);
      continue;
    }
    if (batch.attributes & transactional && aborting.has(batch.producerId)) continue;
    for (const record of batch.records) {
      const offset = batch.firstOffset + BigInt(record.offsetDelta);
      // A batch comes whole, also when only its end was asked for.
      if (offset >= from) records.push(toRecord(batch, record, offset));
    }
  }
  return records;
}

/** The offset after a batch. */
export function endOf({ firstOffset, lastOffsetDelta }: RecordsBatch): bigint {
  return firstOffset + BigInt(lastOffsetDelta) + 1n;
}

function markOf({ records }: RecordsBatch): number | undefined {
  const key = records[0]?.key;
  return key && key.length >= 4 ? key.readInt16BE(2) : undefined;
}

function toRecord(batch: RecordsBatch, record: WireRecord, offset: bigint): KafkaRecord {
  const { key, value, headers, timestampDelta } = record;
  const timestamp =
    batch.attributes & appendTime ? batch.maxTimestamp : batch.firstTimestamp + timestampDelta;
  return {
    offset,
    key,
    value,
    timestamp: Number(timestamp),
    headers: byName(headers),
    native: record,
  };
}

function byName(headers: WireRecord['headers']): KafkaRecord['headers'] {
  if (headers.length === 0) return undefined;
  const named = Object.create(null) as Record<string, HeaderBytes | HeaderBytes[]>;
  for (const [name, value] of headers) {
    const text = name?.toString() ?? '';
    const known = named[text];
    if (known === undefined) named[text] = value;
    else if (Array.isArray(known)) known.push(value);
    else named[text] = [known, value];
  }
  return named;
}
