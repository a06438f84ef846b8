import { isUtf8 } from 'node:buffer';
import { malformed } from './malformed.ts';

/** Reads a layout piece by piece: asks for so many bytes at a time, and is given them. Works on bytes and on streams. */
export type Decoding<T> = Generator<number, T, Buffer>;

export function* take(count: number): Decoding<Buffer> {
  return count === 0 ? Buffer.alloc(0) : yield count;
}

export function* readU1(): Decoding<number> {
  return (yield* take(1)).readUInt8();
}

export function* readU2(): Decoding<number> {
  return (yield* take(2)).readUInt16BE();
}

export function* readU4(): Decoding<number> {
  return (yield* take(4)).readUInt32BE();
}

/** A length: more than a number can hold exactly is nothing that anybody sends. */
export function* readLength(): Decoding<number> {
  const length = (yield* take(8)).readBigUInt64BE();
  if (length > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a length is beyond all bounds');
  return Number(length);
}

export function* readL1(): Decoding<Buffer> {
  return yield* take(yield* readU1());
}

export function* readL2(): Decoding<Buffer> {
  return yield* take(yield* readU2());
}

export function toText(bytes: Uint8Array, what: string): string {
  if (!isUtf8(bytes)) throw malformed(`${what} is not UTF-8`);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
}

export function* readText(what: string): Decoding<string> {
  return toText(yield* readL2(), what);
}

/** Undefined for an empty one. */
export function* readOptionalText(what: string): Decoding<string | undefined> {
  return (yield* readText(what)) || undefined;
}

/** Decodes what lies in memory. Throws PUBSUB_MALFORMED. */
export function decode<T>(
  decoding: Decoding<T>,
  bytes: Uint8Array,
  { trailing = 'refused' }: { readonly trailing?: 'refused' | 'ignored' } = {},
): T {
  const { value, rest } = decodeBegin(decoding, bytes);
  if (rest.length > 0 && trailing === 'refused') throw malformed('something follows its end');
  return value;
}

/** As `decode`, and answers what follows. */
export function decodeBegin<T>(
  decoding: Decoding<T>,
  bytes: Uint8Array,
): { readonly value: T; readonly rest: Buffer } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  let step = decoding.next();
  while (!step.done) {
    const end = offset + step.value;
    if (end > buffer.length) throw malformed('it ends too early');
    step = decoding.next(buffer.subarray(offset, end));
    offset = end;
  }
  return { value: step.value, rest: buffer.subarray(offset) };
}
