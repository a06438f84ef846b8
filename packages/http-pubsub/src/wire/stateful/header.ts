import { toText } from '../codec/decoding.ts';
import { malformed } from '../codec/malformed.ts';

/** How the value of a header travels. */
export interface Header<T> {
  readonly name: string;
  encode(value: T): Uint8Array;
  /** Throws PUBSUB_MALFORMED. */
  decode(bytes: Buffer): T;
}

export function bytesHeader(
  name: string,
  bounds: { readonly least?: number; readonly most: number },
): Header<Uint8Array> {
  const { least = 0, most } = bounds;
  return {
    name,
    encode: (value) => value,
    decode(bytes) {
      if (bytes.length >= least && bytes.length <= most) return bytes;
      throw malformed(`${name} has ${bytes.length} bytes`);
    },
  };
}

export function textHeader(name: string): Header<string> {
  return { name, encode: (value) => Buffer.from(value), decode: (bytes) => toText(bytes, name) };
}

/** Empty for none. */
export function optionalTextHeader(name: string): Header<string | undefined> {
  return {
    name,
    encode: (value) => Buffer.from(value ?? ''),
    decode: (bytes) => toText(bytes, name) || undefined,
  };
}

/** Without leading zeros, and so 0 is empty; readers take leading zeros. */
export function numberHeader(name: string, size: number): Header<number> {
  const { decode, encode } = largeNumberHeader(name, size);
  return {
    name,
    encode: (value) => encode(BigInt(value)),
    decode(bytes) {
      const value = decode(bytes);
      if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
      throw malformed(`${name} is beyond all bounds`);
    },
  };
}

/** As `numberHeader`, for what a number can't hold. */
export function largeNumberHeader(name: string, size: number): Header<bigint> {
  return {
    name,
    encode: (value) => (value === 0n ? Buffer.alloc(0) : hex(value.toString(16))),
    decode(bytes) {
      if (bytes.length > size) throw malformed(`${name} has ${bytes.length} bytes`);
      return bytes.length === 0 ? 0n : BigInt(`0x${bytes.toString('hex')}`);
    },
  };
}

/** As `numberHeader`, but for 0, which is one byte: as lonelyps writes compressors and the first part of a stream. */
export function zeroByteHeader(name: string, size: number): Header<number> {
  const header = numberHeader(name, size);
  return { ...header, encode: (value) => (value === 0 ? Buffer.of(0) : header.encode(value)) };
}

/** Always as many bytes. Readers take fewer. */
export function fixedNumberHeader(name: string, size: number): Header<number> {
  const header = numberHeader(name, size);
  return { ...header, encode: (value) => hex(value.toString(16).padStart(2 * size, '0')) };
}

/** Two bytes, with a sign. */
export function signedHeader(name: string): Header<number> {
  return {
    name,
    encode(value) {
      const bytes = Buffer.alloc(2);
      bytes.writeInt16BE(value);
      return bytes;
    },
    decode(bytes) {
      if (bytes.length === 0 || bytes.length > 2) throw malformed(`${name} has ${bytes.length} bytes`);
      return bytes.readIntBE(0, bytes.length);
    },
  };
}

export function flagHeader(name: string): Header<boolean> {
  return {
    name,
    encode: (value) => Buffer.of(value ? 1 : 0),
    decode: (bytes) => bytes.length === 1 && bytes[0] === 1,
  };
}

function hex(digits: string): Buffer {
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}
