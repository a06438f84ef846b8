/** Shorter bytes are copied faster one by one than by a call. */
const short = 32;

/** Writes the fields of records, as `Cursor` reads them. Whoever writes has made room. */
export class Pen {
  readonly bytes: Buffer;
  at = 0;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  /** A number of 32 bits. */
  varint(value: number): void {
    const { bytes } = this;
    let left = ((value << 1) ^ (value >> 31)) >>> 0;
    while (left >= 0x80) {
      bytes[this.at++] = left | 0x80;
      left >>>= 7;
    }
    bytes[this.at++] = left;
  }

  /** A whole number that is exact: it may have more than 32 bits. */
  varlong(value: number): void {
    if (isShort(value)) return this.varint(value);
    const { bytes } = this;
    let left = zigzag(value);
    while (left >= 0x80n) {
      bytes[this.at++] = Number(left & 0x7fn) | 0x80;
      left >>= 7n;
    }
    bytes[this.at++] = Number(left);
  }

  /** Bytes after their length, as UTF-8 where they are text. */
  field(value: string | Uint8Array | null): void {
    if (value === null) return this.varint(-1);
    if (typeof value === 'string') return this.#text(value);
    this.varint(value.length);
    this.raw(value);
  }

  #text(value: string): void {
    const { bytes } = this;
    const size = Buffer.byteLength(value);
    this.varint(size);
    this.at += bytes.write(value, this.at, size);
  }

  raw(value: Uint8Array): void {
    const { bytes, at } = this;
    const { length } = value;
    if (length > short) bytes.set(value, at);
    else for (let index = 0; index < length; index += 1) bytes[at + index] = value[index] as number;
    this.at = at + length;
  }
}

/** How many bytes `varint` takes. */
export function sizeOfVarint(value: number): number {
  const left = ((value << 1) ^ (value >> 31)) >>> 0;
  if (left < 2 ** 7) return 1;
  if (left < 2 ** 14) return 2;
  if (left < 2 ** 21) return 3;
  return left < 2 ** 28 ? 4 : 5;
}

/** How many bytes `varlong` takes. */
export function sizeOfVarlong(value: number): number {
  if (isShort(value)) return sizeOfVarint(value);
  let size = 1;
  for (let left = zigzag(value) >> 7n; left > 0n; left >>= 7n) size += 1;
  return size;
}

/** How many bytes `field` takes. */
export function sizeOfField(value: string | Uint8Array | null): number {
  if (value === null) return 1;
  const size = typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  return sizeOfVarint(size) + size;
}

const isShort = (value: number) => (value | 0) === value;

function zigzag(value: number): bigint {
  const wide = BigInt(value);
  return (wide << 1n) ^ (wide >> 63n);
}
