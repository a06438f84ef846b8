/** A header's name, and where its bytes were. */
interface Name {
  readonly bytes: Buffer;
  readonly start: number;
  readonly size: number;
  readonly text: string;
}

/**
 * Names of headers by their place in a record. Records that follow each other mostly have the same ones, which are compared
 * faster than decoded, and the same text is a faster key of an object.
 */
export type Names = Name[];

const continues = 0x80;

/**
 * Reads the fields of records, which are numbers of variable length and bytes after their length:
 * https://kafka.apache.org/documentation/#record. Throws when a field goes beyond `end`.
 */
export class Cursor {
  readonly bytes: Buffer;
  at = 0;
  end: number;
  readonly #names: Names;

  constructor(bytes: Buffer, names: Names) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.#names = names;
  }

  /** A number of 32 bits. */
  varint(): number {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (at >= end) throw beyond();
      const byte = bytes[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < continues) {
        this.at = at;
        return (value >>> 1) ^ -(value & 1);
      }
    }
    throw new Error('a number has more than 32 bits');
  }

  /** A number of 64 bits: a bigint if it has more than 48. */
  varlong(): number | bigint {
    const { bytes, end } = this;
    let { at } = this;
    let value = 0;
    let scale = 1;
    for (let read = 0; read < 7; read += 1) {
      if (at >= end) throw beyond();
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < continues) {
        this.at = at;
        return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      }
      scale *= 128;
    }
    return this.#longest();
  }

  #longest(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.at >= this.end) throw beyond();
      const byte = this.bytes[this.at++] as number;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < continues) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new Error('a number has more than 64 bits');
  }

  /** Where bytes end that begin after their length; -1: there are none. */
  #endOfBytes(): number {
    const length = this.varint();
    if (length === -1) return -1;
    if (length < 0) throw new Error(`a length is ${length}`);
    if (length > this.end - this.at) throw beyond();
    return this.at + length;
  }

  /** Begins with a record, beyond whose end no field goes. Answers where that is. */
  enter(): number {
    this.end = this.bytes.length;
    const end = this.#endOfBytes();
    if (end <= this.at) throw new Error('a record is empty');
    this.end = end;
    return end;
  }

  /** Not a copy. */
  buffer(): Buffer | null {
    const end = this.#endOfBytes();
    if (end < 0) return null;
    const { at } = this;
    this.at = end;
    return this.bytes.subarray(at, end);
  }

  /** The name of the header at a place in its record. */
  name(place: number): string {
    const { bytes } = this;
    const end = this.#endOfBytes();
    if (end < 0) return '';
    const start = this.at;
    this.at = end;
    const known = this.#names[place];
    const size = end - start;
    if (known !== undefined && known.size === size && isSame(known, bytes, start, size)) return known.text;
    const text = bytes.toString('utf8', start, end);
    this.#names[place] = { bytes, start, size, text };
    return text;
  }
}

function isSame(known: Name, bytes: Buffer, start: number, size: number): boolean {
  for (let index = 0; index < size; index += 1) {
    if (known.bytes[known.start + index] !== bytes[start + index]) return false;
  }
  return true;
}

function beyond(): Error {
  return new Error('a field ends beyond its record, or a record beyond its batch');
}
