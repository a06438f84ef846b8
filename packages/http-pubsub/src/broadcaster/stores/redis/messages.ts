import { randomUUID } from 'node:crypto';
import { MillraceError } from '@millrace/core';
import { httpPubsubError } from '../../../errors.ts';
import type { RedisArgument } from '../../../guards/redis-client.ts';
import { inParts } from '../in-parts.ts';
import type { PublishedMessage } from '../../ports/message.ts';
import type { Answer, Scripts } from './scripts.ts';
import { bytesOf, listOf, numberOf, textOf } from './scripts.ts';

export interface RedisMessages {
  /**
   * What scripts that keep a message take, once its tracing is known. A large body is in Redis afterwards, and gone in an hour if
   * nobody keeps it.
   */
  prepare(
    message: Omit<PublishedMessage, 'tracing'>,
  ): Promise<(tracing: Uint8Array) => readonly RedisArgument[]>;
  /** What scripts describe a message with. */
  fromAnswer(answer: Answer | undefined): PublishedMessage;
}

const partSize = 1_024 * 1_024;
/** Milliseconds. */
const stagedFor = 3_600_000;

export function redisMessages({ call }: Scripts): RedisMessages {
  async function* partsOf(body: string, length: number): AsyncGenerator<Uint8Array> {
    for (let part = 0, sent = 0; sent < length; part += 1) {
      const bytes = await call('LINDEX', `b:${body}`, part);
      if (!Buffer.isBuffer(bytes)) {
        throw new MillraceError(
          'STORE_UNAVAILABLE',
          'The message is no longer kept: somebody else was done with it.',
        );
      }
      sent += bytes.length;
      yield bytes;
    }
  }

  return {
    async prepare({ key, topic, digest, publishedAt, body }) {
      const name = randomUUID();
      const isStaged = body.length > partSize;
      let inline: Uint8Array = Buffer.alloc(0);
      let total = 0;
      for await (const part of inParts(body.chunks(), partSize)) {
        total += part.length;
        if (isStaged) {
          await call('RPUSH', `b:${name}`, Buffer.from(part));
          await call('PEXPIRE', `b:${name}`, stagedFor);
        } else inline = part;
      }
      if (total !== body.length) {
        throw httpPubsubError('PUBSUB_MALFORMED', `A body of ${body.length} bytes came with ${total}.`);
      }
      return (tracing) => [
        key,
        Buffer.from(topic),
        Buffer.from(digest),
        Buffer.from(tracing),
        publishedAt,
        body.length,
        name,
        isStaged ? 1 : 0,
        Buffer.from(inline),
      ];
    },

    fromAnswer(answer) {
      const [key, topic, digest, tracing, publishedAt, size, body] = listOf(answer);
      const length = numberOf(size);
      const name = textOf(body);
      return {
        key: textOf(key),
        topic: bytesOf(topic),
        digest: bytesOf(digest),
        tracing: bytesOf(tracing),
        publishedAt: numberOf(publishedAt),
        body: { length, chunks: () => partsOf(name, length) },
      };
    },
  };
}
