import type { MessageBody, PublishedMessage } from '../ports/message.ts';

/** Messages with their bodies in memory, kept for as long as something refers to them. */
export interface MemoryBodies {
  readonly bytes: number;
  has(key: string): boolean;
  /** Copies what may be in a file. */
  hold(message: PublishedMessage): Promise<PublishedMessage>;
  /** Of a message that is held. */
  refer(key: string): void;
  release(key: string): void;
}

interface Held {
  readonly message: PublishedMessage;
  references: number;
}

export function memoryBodies(): MemoryBodies {
  const held = new Map<string, Held>();
  let bytes = 0;

  return {
    get bytes() {
      return bytes;
    },
    has: (key) => held.has(key),
    async hold(message) {
      const known = held.get(message.key);
      if (known) return known.message;
      const body = bodyOf(await toBuffer(message.body));
      const copy: PublishedMessage = { ...message, body };
      const entry = held.get(message.key) ?? { message: copy, references: 0 };
      if (!held.has(message.key)) bytes += body.length;
      held.set(message.key, entry);
      return entry.message;
    },
    refer(key) {
      const entry = held.get(key);
      if (entry) entry.references += 1;
    },
    release(key) {
      const entry = held.get(key);
      if (!entry) return;
      entry.references -= 1;
      if (entry.references > 0) return;
      held.delete(key);
      bytes -= entry.message.body.length;
    },
  };
}

/** A body that lies in memory. */
export function bodyOf(bytes: Uint8Array): MessageBody {
  return {
    length: bytes.length,
    async *chunks() {
      yield bytes;
    },
  };
}

/** The whole body, in one piece. */
export async function toBuffer({ chunks }: MessageBody): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks()) parts.push(chunk);
  return Buffer.concat(parts);
}
