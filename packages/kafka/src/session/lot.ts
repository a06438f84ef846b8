import type { KafkaRecord, PartitionBounds, RecordBatch, TopicPartition } from '../client/port.ts';

/** A partition that this member has, from when it was given to when it is taken away. */
export interface Lot extends TopicPartition {
  /** Its name to core, `topic[partition]`. */
  readonly channel: string;
  /** `locating`: where to read from is being looked up. `lost`: it is somebody else's. */
  state: 'locating' | 'reading' | 'lost';
  /** The offset that is fetched next. */
  next: bigint;
  /** As far as the broker has told. */
  high: bigint;
  /** The group's marker, as far as it is known here. */
  committed: bigint | undefined;
  /** Not below this is committed: it was chosen when reading could not go on where it had stopped. */
  floor: bigint;
  /** Fetched and not given to core, the first one at `head`. */
  buffer: KafkaRecord[];
  head: number;
  /** Of the buffer. */
  bytes: number;
  /** The position up to which there is nothing more for core, once the buffer is empty. */
  passed: bigint | undefined;
  /** Given to core and not settled. */
  inCore: number;
  /** The offset after all that was given to core. */
  given: bigint;
  paused: boolean;
}

/** Bytes that a record takes besides what it holds: it may have neither key nor value. */
const overhead = 100;

export function createLot({ topic, partition }: TopicPartition): Lot {
  return {
    topic,
    partition,
    channel: channelOf({ topic, partition }),
    state: 'locating',
    next: 0n,
    high: 0n,
    committed: undefined,
    floor: 0n,
    buffer: [],
    head: 0,
    bytes: 0,
    passed: undefined,
    inCore: 0,
    given: 0n,
    paused: true,
  };
}

export function channelOf({ topic, partition }: TopicPartition): string {
  return `${topic}[${partition}]`;
}

export function buffered({ buffer, head }: Lot): number {
  return buffer.length - head;
}

/** Takes a batch in, which begins where the one before has ended. */
export function fill(lot: Lot, { records, next, high }: RecordBatch): void {
  for (const record of records) {
    lot.buffer.push(record);
    lot.bytes += overhead + record.size;
  }
  const last = records.at(-1);
  // Control records, aborted ones and what compaction has removed have offsets too.
  lot.passed = last && BigInt(last.offset) === next - 1n ? undefined : next - 1n;
  lot.next = next;
  lot.high = high;
}

/** Takes out up to `count` records. */
export function draw(lot: Lot, count: number): readonly KafkaRecord[] {
  const drawn = lot.buffer.slice(lot.head, lot.head + count);
  lot.head += drawn.length;
  for (const record of drawn) lot.bytes -= overhead + record.size;
  if (lot.head === lot.buffer.length) {
    lot.buffer = [];
    lot.head = 0;
  } else if (lot.head > 1_000 && lot.head * 2 > lot.buffer.length) {
    lot.buffer = lot.buffer.slice(lot.head);
    lot.head = 0;
  }
  lot.inCore += drawn.length;
  const last = drawn.at(-1);
  if (last) lot.given = BigInt(last.offset) + 1n;
  return drawn;
}

export function empty(lot: Lot): void {
  lot.buffer = [];
  lot.head = 0;
  lot.bytes = 0;
  lot.passed = undefined;
}

/** Goes on elsewhere. What was fetched before is still good. */
export function jump(lot: Lot, to: bigint, { high }: PartitionBounds): void {
  lot.next = to;
  lot.high = high;
  lot.floor = to;
}
