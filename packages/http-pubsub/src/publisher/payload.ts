import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { httpPubsubError } from '../errors.ts';
import type { Body, Spooling } from '../receive/spool.ts';
import { bodyOf } from '../receive/spool.ts';

/** What can be published: bytes and texts as they are, and what bytes are made of. */
export type Payload =
  | Uint8Array
  | string
  /** As JSON makes a text of it. */
  | { readonly json: unknown }
  /** What is in the file, which must not change meanwhile. */
  | { readonly file: string }
  /**
   * All that comes. It is kept, in a private file when it is large, until it has been sent, for its digest goes first, and so
   * that it can be sent again.
   */
  | { readonly stream: AsyncIterable<Uint8Array> }
  /** Not kept, as length and digest are known; `stream` is called each time that it is sent, and has to be the same. */
  | KnownStream;

export interface KnownStream {
  readonly stream: () => AsyncIterable<Uint8Array>;
  /** Bytes. */
  readonly length: number;
  /** SHA-512, 64 bytes. */
  readonly sha512: Uint8Array;
}

/** A payload that can be sent, as often as needed. */
export type Sendable = Pick<Body, 'length' | 'digest' | 'chunks' | 'dispose'>;

/** Rejects with PUBSUB_OPTIONS, PUBSUB_PAYLOAD (a file or stream that can't be read) or PUBSUB_SPOOL. */
export async function sendable(payload: Payload, spooling: Spooling): Promise<Sendable> {
  if (payload instanceof Uint8Array) return bodyOf(payload);
  if (typeof payload === 'string') return bodyOf(Buffer.from(payload));
  if (typeof payload !== 'object' || payload === null) throw wrong();
  if ('json' in payload) return bodyOf(Buffer.from(toJson(payload.json)));
  if ('file' in payload) return await readable(() => ofFile(payload.file));
  if (!('stream' in payload)) throw wrong();
  if ('sha512' in payload) return known(payload);
  return await keep(payload.stream, spooling);
}

function known({ stream, length, sha512 }: KnownStream): Sendable {
  if (typeof stream !== 'function' || !Number.isSafeInteger(length) || length < 0 || sha512.length !== 64)
    throw wrong();
  return {
    length,
    digest: Buffer.from(sha512),
    async *chunks() {
      for await (const chunk of stream()) yield Buffer.from(chunk);
    },
    dispose: async () => {},
  };
}

async function keep(stream: AsyncIterable<Uint8Array>, spooling: Spooling): Promise<Body> {
  const spool = spooling.open();
  const chunks = stream[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await readable(() => chunks.next());
      if (done === true) return spool.finish();
      await spool.write(value);
    }
  } catch (error) {
    await spool.discard();
    throw error;
  }
}

/** Held open, so that it is the same file each time. */
async function ofFile(path: string): Promise<Sendable> {
  const file = await open(path);
  try {
    const { size: length } = await file.stat();
    const chunks = () => chunksOf(file, length);
    const hash = createHash('sha512');
    for await (const chunk of chunks()) hash.update(chunk);
    return { length, digest: hash.digest(), chunks, dispose: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function* chunksOf(file: FileHandle, length: number): AsyncGenerator<Buffer> {
  if (length === 0) return;
  yield* file.createReadStream({ start: 0, end: length - 1, autoClose: false }) as AsyncIterable<Buffer>;
}

async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw httpPubsubError(
      'PUBSUB_PAYLOAD',
      'The file or stream that is to be published can not be read.',
      error,
    );
  }
}

function toJson(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw httpPubsubError('PUBSUB_PAYLOAD', 'What is to be published as JSON is none.', error);
  }
  if (text === undefined) throw httpPubsubError('PUBSUB_PAYLOAD', 'What is to be published as JSON is none.');
  return text;
}

function wrong(): Error {
  return httpPubsubError(
    'PUBSUB_OPTIONS',
    'What is published must be bytes, a text, { json }, { file }, { stream }, or { stream: () => …, length, sha512 } with 64 bytes of SHA-512.',
  );
}
