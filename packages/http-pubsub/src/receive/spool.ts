import { createHash, hash } from 'node:crypto';
import { constants, readSync } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { mkdtemp, open, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { httpPubsubError } from '../errors.ts';

/** The payload of a message, in memory or, beyond a threshold, in a file that nobody else can open. */
export interface Body {
  /** Bytes. */
  readonly length: number;
  /** SHA-512, 64 bytes. */
  readonly digest: Buffer;
  /** Whether it lies in a file. */
  readonly spooled: boolean;
  /** All of it, in memory. Throws PUBSUB_SPOOL when the file can't be read, or was let go. */
  bytes(): Buffer;
  /** From the beginning, as often as wanted, also at the same time. */
  chunks(): AsyncIterable<Buffer>;
  /** The same, for what takes a stream. */
  stream(): Readable;
  /** Lets go of the file. Works twice. */
  dispose(): Promise<void>;
}

/** A body that comes in piece by piece. */
export interface Spool {
  readonly length: number;
  /** Rejects with PUBSUB_SPOOL when there is no room, or the disk refuses. Undefined: it is there already, in memory. */
  write(chunk: Uint8Array): Promise<void> | undefined;
  /** No more comes. */
  finish(): Body;
  /** Forgets what came. Works twice. */
  discard(): Promise<void>;
}

/** Where bodies go that are too large for memory. */
export interface Spooling {
  /** Bytes in files now. */
  readonly used: number;
  /** Bytes that a body may have in memory. */
  readonly threshold: number;
  open(): Spool;
}

export interface SpoolOptions {
  /**
   * Bytes that a body may have in memory.
   * @default 10 MiB
   */
  readonly threshold?: number;
  /**
   * Bytes that all files may have together.
   * @default 1 GiB
   */
  readonly quota?: number;
  /**
   * Folder of the files. They are removed from it as soon as they are open.
   * @default the system's for temporary files
   */
  readonly folder?: string;
}

const nothing = new Uint8Array();

export function createSpooling(options: SpoolOptions = {}): Spooling {
  const { threshold = 10 * 1024 ** 2, quota = 1024 ** 3, folder = tmpdir() } = options;
  let used = 0;

  function take(bytes: number): void {
    if (used + bytes > quota) {
      throw httpPubsubError(
        'PUBSUB_SPOOL',
        `The files of messages that wait may have ${quota} bytes together, and there is no room for one more.`,
      );
    }
    used += bytes;
  }

  return {
    get used() {
      return used;
    },
    threshold,
    open() {
      const hash = createHash('sha512');
      let held: Uint8Array[] = [];
      let length = 0;
      let file: FileHandle | undefined;

      async function letGo(): Promise<void> {
        held = [];
        if (file === undefined) return;
        const closing = file;
        file = undefined;
        used -= length;
        await closing.close();
      }

      async function toFile(chunk: Uint8Array): Promise<void> {
        const pieces = file ? [chunk] : [...held, chunk];
        take(pieces.reduce((sum, piece) => sum + piece.length, 0));
        length += chunk.length;
        try {
          file ??= await openPrivate(folder);
          held = [];
          for (const piece of pieces) await writeAll(file, piece);
        } catch (error) {
          if (file === undefined) used -= length;
          await letGo();
          throw httpPubsubError('PUBSUB_SPOOL', 'A message could not be written to a file.', error);
        }
      }

      return {
        get length() {
          return length;
        },
        write(chunk) {
          if (chunk.length === 0) return undefined;
          hash.update(chunk);
          if (file || length + chunk.length > threshold) return toFile(chunk);
          held.push(chunk);
          length += chunk.length;
          return undefined;
        },
        finish() {
          const digest = hash.digest();
          const [only = nothing] = held;
          if (file === undefined) return bodyOf(held.length < 2 ? only : Buffer.concat(held), digest);
          const body: Body = {
            length,
            digest,
            spooled: true,
            bytes: () => readAll(file, length),
            // By positions, and without closing the file: there may be several readers, and more of them later.
            chunks: () => chunksOf(body, opened(file)),
            stream: () => Readable.from(chunksOf(body, opened(file)), { objectMode: false }),
            async dispose() {
              forgotten.unregister(body);
              await letGo();
            },
          };
          forgotten.register(body, letGo, body);
          return body;
        },
        discard: letGo,
      };
    },
  };
}

/** Files of bodies that nobody has let go of, such as those of a source that is never told what became of its messages. */
const forgotten = new FinalizationRegistry<() => Promise<void>>((letGo) => void letGo().catch(() => {}));

/** A body that lies in memory already. */
export function bodyOf(bytes: Uint8Array, digest: Buffer = hash('sha512', bytes, 'buffer')): Body {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return {
    length: buffer.length,
    digest,
    spooled: false,
    bytes: () => buffer,
    async *chunks() {
      if (buffer.length > 0) yield buffer;
    },
    stream: () => Readable.from([buffer], { objectMode: false }),
    dispose: async () => {},
  };
}

/** For the owner alone, in a folder of its own, and gone from there before the first byte is in it. */
async function openPrivate(folder: string): Promise<FileHandle> {
  const own = await mkdtemp(join(folder, 'millrace-'));
  const path = join(own, 'message');
  try {
    return await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, 0o600);
  } finally {
    await rm(path, { force: true });
    await rmdir(own);
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.length;) {
    offset += (await file.write(piece, offset)).bytesWritten;
  }
}

function readAll(file: FileHandle | undefined, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let offset = 0; offset < length;) {
    const count = file === undefined ? 0 : readSync(file.fd, bytes, offset, length - offset, offset);
    if (count === 0) throw gone();
    offset += count;
  }
  return bytes;
}

/** The body comes along so that it is not taken for forgotten while it is read. */
async function* chunksOf({ length }: Body, file: FileHandle): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < length;) {
    const chunk = Buffer.allocUnsafe(Math.min(65_536, length - offset));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset);
    if (bytesRead === 0) throw gone();
    yield chunk.subarray(0, bytesRead);
    offset += bytesRead;
  }
}

function opened(file: FileHandle | undefined): FileHandle {
  if (file === undefined) throw gone();
  return file;
}

function gone(): Error {
  return httpPubsubError(
    'PUBSUB_SPOOL',
    'The file of a message is gone: it is kept until the message is settled, no longer.',
  );
}
