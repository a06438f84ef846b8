import { createHash, randomUUID } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MessageBody } from '../ports/message.ts';

export interface SpoolOptions {
  /** Bytes of a body up to which it stays in memory. */
  readonly threshold: number;
  /** Bytes in files at the same time. */
  readonly mostBytes: number;
  /** Where files are made, in a directory of the spool's own. */
  readonly directory?: string | undefined;
}

/** A body that was read to its end; `release` it, and what it takes is free again. */
export interface Spooled {
  readonly body: MessageBody;
  /** SHA-512 of what was read. */
  readonly digest: Buffer;
  release(): Promise<void>;
}

/** `length`: there was less or more than was said. `full`: no room in files. */
export type SpoolVerdict = Spooled | 'length' | 'full';

/** Keeps bodies while they are sent: small ones in memory, others in files that nobody else can open. */
export interface Spool {
  /** Reads no further than one chunk beyond `length`. */
  take(chunks: AsyncIterable<Uint8Array>, length: number): Promise<SpoolVerdict>;
  /** Bytes in files. */
  readonly bytes: number;
  close(): Promise<void>;
}

const chunkSize = 64 * 1_024;

export function createSpool({ threshold, mostBytes, directory = tmpdir() }: SpoolOptions): Spool {
  let bytes = 0;
  let own: Promise<string> | undefined;

  /** Nobody can open it: its directory is ours alone, and its name is gone before the first byte is in it. */
  async function openFile(): Promise<FileHandle> {
    // mkdtemp makes it 0700.
    const path = join(await (own ??= mkdtemp(join(directory, 'millrace-spool-'))), randomUUID());
    const file = await open(path, 'wx+', 0o600);
    try {
      await rm(path);
    } catch (error) {
      await file.close();
      throw error;
    }
    return file;
  }

  async function toMemory(chunks: AsyncIterable<Uint8Array>, length: number): Promise<SpoolVerdict> {
    const hash = createHash('sha512');
    const parts: Uint8Array[] = [];
    let read = 0;
    for await (const chunk of chunks) {
      read += chunk.length;
      if (read > length) return 'length';
      hash.update(chunk);
      parts.push(chunk);
    }
    if (read < length) return 'length';
    const [only] = parts;
    const all = parts.length === 1 && only ? only : Buffer.concat(parts);
    return { body: inMemory(all), digest: hash.digest(), release: async () => {} };
  }

  async function toFile(chunks: AsyncIterable<Uint8Array>, length: number): Promise<SpoolVerdict> {
    if (bytes + length > mostBytes) return 'full';
    bytes += length;
    let file: FileHandle | undefined;
    let released: Promise<void> | undefined;
    const release = () =>
      (released ??= (async () => {
        bytes -= length;
        await file?.close();
      })());
    try {
      const hash = createHash('sha512');
      file = await openFile();
      let read = 0;
      for await (const chunk of chunks) {
        read += chunk.length;
        if (read > length) break;
        hash.update(chunk);
        await file.writeFile(chunk);
      }
      if (read === length) return { body: inFile(file, length), digest: hash.digest(), release };
    } catch (error) {
      await release();
      throw error;
    }
    await release();
    return 'length';
  }

  return {
    take: (chunks, length) => (length <= threshold ? toMemory(chunks, length) : toFile(chunks, length)),
    get bytes() {
      return bytes;
    },
    async close() {
      if (own) await rm(await own, { recursive: true, force: true });
      own = undefined;
    },
  };
}

function inMemory(bytes: Uint8Array): MessageBody {
  return {
    length: bytes.length,
    async *chunks() {
      if (bytes.length > 0) yield bytes;
    },
  };
}

function inFile(file: FileHandle, length: number): MessageBody {
  return {
    length,
    async *chunks() {
      for (let at = 0; at < length;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(chunkSize, length - at)), {
          position: at,
        });
        if (bytesRead === 0) throw new Error('A spooled body is shorter than it was.');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    },
  };
}
