import type { UndeliveredMessage, UndeliveredMessages, UndeliveredQuery } from '../../ports/dead-letters.ts';
import type { Place } from '../../undelivered-cursor.ts';
import { decodeCursor, encodeCursor } from '../../undelivered-cursor.ts';
import * as scripts from './delivery-scripts.ts';
import type { RedisMessages } from './messages.ts';
import type { Answer, Scripts } from './scripts.ts';
import { listOf, numberOf, optionalText, textOf } from './scripts.ts';

export function redisUndelivered({ run }: Scripts, messages: RedisMessages): UndeliveredMessages {
  /** All that match, in parts, so that Redis is free in between. */
  async function* matching(
    query: UndeliveredQuery,
    after: Place | undefined,
    limit: number,
    isPurge: boolean,
  ): AsyncGenerator<{ readonly letters: readonly UndeliveredMessage[]; readonly gone: number }> {
    const { url = '', topic, since = 0, before } = query;
    let from = `[${placeOf(since)}`;
    if (after && after.diedAt >= since) from = `(${placeOf(after.diedAt)}:${after.id}`;
    const to = before === undefined ? '+' : `(${placeOf(before)}`;
    for (;;) {
      const which = [url, Buffer.from(topic ?? []), topic === undefined ? 0 : 1];
      const answer = listOf(await run(scripts.deadLetters, ...which, from, to, limit, isPurge ? 1 : 0));
      const [last, found, gone] = answer;
      yield { letters: listOf(found).map((row) => letterOf(row, messages)), gone: numberOf(gone) };
      if (!Buffer.isBuffer(last)) return;
      from = `(${textOf(last)}`;
    }
  }

  return {
    async list(query, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const all: UndeliveredMessage[] = [];
      for await (const { letters } of matching(query, after, limit + 1, false)) {
        all.push(...letters);
        if (all.length > limit) break;
      }
      const page = all.slice(0, limit);
      const last = all.length > limit ? page.at(-1) : undefined;
      return { letters: page, next: last && encodeCursor(last) };
    },

    async get(id) {
      const row = await run(scripts.deadLetter, id);
      return row === null ? undefined : letterOf(row, messages);
    },

    async redrive(ids, delay) {
      return numberOf(await run(scripts.redrive, Math.ceil(delay), ...ids));
    },

    async purge(query) {
      let total = 0;
      for await (const { gone } of matching(query, undefined, 1, true)) total += gone;
      return total;
    },
  };
}

/** As the scripts write it: texts in the order of the numbers. */
function placeOf(diedAt: number): string {
  return String(Math.max(0, Math.ceil(diedAt))).padStart(16, '0');
}

function letterOf(row: Answer, messages: RedisMessages): UndeliveredMessage {
  const [id, url, recovery, attempts, failure, diedAt, redrives, message] = listOf(row);
  return {
    id: textOf(id),
    url: textOf(url),
    recovery: optionalText(recovery),
    attempts: numberOf(attempts),
    failure: textOf(failure),
    diedAt: numberOf(diedAt),
    redrives: numberOf(redrives),
    message: messages.fromAnswer(message),
  };
}
