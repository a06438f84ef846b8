import type { DeadLetter, DeadLetterQuery, DeadLetterStore } from '../../ports/dead-letter-store.ts';
import { decodeDeadLetter, encodeDeadLetter } from '../dead-letter-codec.ts';
import type { DeadLetterCursor } from '../dead-letter-cursor.ts';
import { decodeCursor, encodeCursor } from '../dead-letter-cursor.ts';

/** Keeps letters until they are removed or purged. */
export function memoryDeadLetters(): DeadLetterStore {
  const letters = new Map<string, DeadLetter>();

  function matching(query: DeadLetterQuery): readonly DeadLetter[] {
    return [...letters.values()].filter((letter) => matches(letter, query)).sort(byAge);
  }

  return {
    async putMany(added) {
      for (const letter of added) letters.set(letter.id, snapshot(letter));
    },

    async get(id) {
      const letter = letters.get(id);
      return letter && snapshot(letter);
    },

    async list(query, { limit, cursor }) {
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      const rest = matching(query).filter((letter) => after === undefined || byAge(letter, after) > 0);
      const page = rest.slice(0, limit);
      const last = rest.length > limit ? page.at(-1) : undefined;
      return { letters: page.map(snapshot), next: last && encodeCursor(last) };
    },

    async removeMany(ids) {
      return ids.filter((id) => letters.delete(id)).length;
    },

    async purge(query) {
      return matching(query).filter(({ id }) => letters.delete(id)).length;
    },
  };
}

/** A copy made as a store on disk makes it: what happens to the original later does not reach it. */
function snapshot(letter: DeadLetter): DeadLetter {
  return decodeDeadLetter(encodeDeadLetter(letter));
}

function byAge(a: DeadLetterCursor, b: DeadLetterCursor): number {
  return a.diedAt - b.diedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function matches(letter: DeadLetter, query: DeadLetterQuery): boolean {
  return (
    (query.consumer ?? letter.consumer) === letter.consumer &&
    (query.source ?? letter.source) === letter.source &&
    (query.handler ?? letter.handler) === letter.handler &&
    (query.type ?? letter.message.type) === letter.message.type &&
    (query.reason ?? letter.reason) === letter.reason &&
    letter.diedAt >= (query.since ?? -Infinity) &&
    letter.diedAt < (query.before ?? Infinity)
  );
}
