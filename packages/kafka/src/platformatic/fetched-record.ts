import type { HeaderBytes, KafkaRecord } from '../client/port.ts';
import type { Names } from './cursor.ts';
import { Cursor } from './cursor.ts';
import type { Batch } from './record-batch.ts';
import { unpacked } from './record-batch.ts';

/** Of a batch's attributes: its largest timestamp is that of all its records, which the broker has set. */
const appendTime = 1 << 3;

/** A record that was fetched. Its bytes are parts of what was fetched, or of a batch that was unpacked. */
class FetchedRecord implements KafkaRecord {
  readonly size: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly timestamp: number;
  readonly headers: KafkaRecord['headers'];

  readonly #offset: number | bigint;

  constructor(
    offset: number | bigint,
    size: number,
    timestamp: number,
    key: Buffer | null,
    value: Buffer | null,
    headers: KafkaRecord['headers'],
  ) {
    this.#offset = offset;
    this.size = size;
    this.timestamp = timestamp;
    this.key = key;
    this.value = value;
    this.headers = headers;
  }

  get offset(): string {
    return String(this.#offset);
  }

  /** The record itself, so that there is no second object for each. */
  get native(): this {
    return this;
  }
}

/**
 * The records of a batch, from an offset on. Throws if it is damaged, as far as its fields tell: the checksum is not looked
 * at. UnsupportedCompressionError: there is no codec for it.
 */
export function recordsOf(batch: Batch, from: bigint, names: Names): KafkaRecord[] {
  const { firstOffset, count } = batch;
  const deltas = Number(batch.next - firstOffset);
  const first = batch.next <= Number.MAX_SAFE_INTEGER ? Number(firstOffset) : undefined;
  const skipped = Number(from - firstOffset);
  const isAppendTime = (batch.attributes & appendTime) !== 0;
  const maxTimestamp = Number(batch.maxTimestamp);
  const firstTimestamp = Number(batch.firstTimestamp);
  const cursor = new Cursor(unpacked(batch), names);
  const records: KafkaRecord[] = [];
  let last = -1;
  for (let index = 0; index < count; index += 1) {
    const end = cursor.enter();
    const size = end - cursor.at;
    // Attributes that have no meaning yet.
    cursor.at += 1;
    const timestampDelta = cursor.varlong();
    const delta = cursor.varint();
    if (delta <= last || delta >= deltas) throw new Error(`a record is at ${delta} after one at ${last}`);
    last = delta;
    const key = cursor.buffer();
    const value = cursor.buffer();
    const headers = headersAt(cursor);
    if (cursor.at !== end) throw new Error('a record is longer than its fields');
    // A batch comes whole, also when only its end was asked for.
    if (delta < skipped) continue;
    const timestamp = isAppendTime
      ? maxTimestamp
      : typeof timestampDelta === 'number'
        ? firstTimestamp + timestampDelta
        : Number(batch.firstTimestamp + timestampDelta);
    const offset = first === undefined ? firstOffset + BigInt(delta) : first + delta;
    records.push(new FetchedRecord(offset, size, timestamp, key, value, headers));
  }
  if (cursor.at !== cursor.bytes.length)
    throw new Error(`it has more than the ${count} records that it tells of`);
  return records;
}

/** Objects that inherit nothing. Unlike those by `Object.create(null)` they share their shape, and need less memory. */
class Named {
  [name: string]: HeaderBytes | HeaderBytes[];
}
Object.setPrototypeOf(Named.prototype, null);
Reflect.deleteProperty(Named.prototype, 'constructor');

function headersAt(cursor: Cursor): KafkaRecord['headers'] {
  const count = cursor.varint();
  if (count === 0) return undefined;
  if (count < 0) throw new Error(`a record has ${count} headers`);
  const named = new Named();
  for (let place = 0; place < count; place += 1) {
    const name = cursor.name(place);
    const value = cursor.buffer();
    const known = named[name];
    if (known === undefined) named[name] = value;
    else if (Array.isArray(known)) known.push(value);
    else named[name] = [known, value];
  }
  return named;
}
