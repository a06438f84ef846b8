import type { Decoding } from './codec/decoding.ts';
import { readText, readU1, readU2, take } from './codec/decoding.ts';
import { l2, u1, u2, u8 } from './codec/encoding.ts';

/**
 * What the Python broadcaster tells of a notification in the tracing of its reply. lonelypsc 0.0.17 breaks on a reply to
 * notify without an entry. All other tracing is opaque.
 */
export interface NotifyTrace {
  /** Entries were left out. */
  readonly truncated: boolean;
  readonly entries: readonly TraceEntry[];
  /** Nanoseconds since 1970. */
  readonly received: bigint;
  readonly sent: bigint;
}

export interface TraceEntry {
  readonly name: string;
  /** JSON text of an object. */
  readonly extra: string;
  /** Seconds since 1970. */
  readonly at: number;
}

export function encodeNotifyTrace({ truncated, entries, received, sent }: NotifyTrace): Buffer {
  return Buffer.concat([
    u1(truncated ? 1 : 0),
    u2(entries.length),
    ...entries.flatMap(({ name, extra, at }) => [l2(name), l2(extra), float8(at)]),
    u8(received),
    u8(sent),
  ]);
}

export function* notifyTrace(): Decoding<NotifyTrace> {
  const truncated = (yield* readU1()) !== 0;
  const count = yield* readU2();
  const entries: TraceEntry[] = [];
  while (entries.length < count) {
    const name = yield* readText('the name of a trace entry');
    const extra = yield* readText('a trace entry');
    entries.push({ name, extra, at: (yield* take(8)).readDoubleBE() });
  }
  const received = (yield* take(8)).readBigUInt64BE();
  return { truncated, entries, received, sent: (yield* take(8)).readBigUInt64BE() };
}

function float8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
