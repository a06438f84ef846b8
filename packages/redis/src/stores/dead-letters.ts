import type { DeadLetter, DeadLetterQuery, DeadLetterStore } from '@millrace/core';
import {
  decodeDeadLetter,
  decodeDeadLetterCursor,
  encodeDeadLetter,
  encodeDeadLetterCursor,
} from '@millrace/core';
import type { Node, Row } from '../connection/node.ts';
import type { Script } from '../connection/script.ts';
import type { Keys } from '../keys.ts';
import { exact } from '../keys.ts';
import { askMajority } from '../voting.ts';
import { getScript, listScript, putScript, removeScript } from './dead-letter-scripts.ts';
import { boundsOf, byMember, matches, memberOf, placeOf } from './letter-place.ts';

/** Letters that one call reads or writes: they may be large, and Redis does nothing else meanwhile. */
const chunk = 25;

/**
 * Letters are on a majority of the nodes when `putMany` resolves. What any of a majority has is listed, so that none
 * is missed; one that was removed while a node was away is listed again when that node is back.
 */
export function deadLettersBy(nodes: readonly Node[], { letters, letterOrder }: Keys): DeadLetterStore {
  const keys = [letters, letterOrder];
  const ask = (script: Script, args: readonly (string | number)[]) =>
    askMajority(nodes, { script, keys, args });

  /** All that match, in their order, from after the member on. */
  async function* find(query: DeadLetterQuery, after?: string): AsyncGenerator<DeadLetter> {
    for (let start = after; ;) {
      const pages = (await ask(listScript, [...boundsOf(query, start), chunk])).map(entriesOf);
      // Beyond the end of a full page, that node may have letters which the others lack.
      const ends = pages.flatMap((page) => (page.length < chunk ? [] : [page.at(-1)?.member ?? '']));
      const end = ends.toSorted(byMember)[0];
      for (const { member, text } of merge(pages)) {
        if (end !== undefined && byMember(member, end) > 0) break;
        const letter = decodeDeadLetter(text);
        if (matches(letter, query)) yield letter;
      }
      if (end === undefined) return;
      start = end;
    }
  }

  async function removeMany(ids: readonly string[]): Promise<number> {
    let removed = 0;
    for (const part of inChunks(ids)) {
      const rows = await ask(removeScript, part.map(exact));
      removed += part.filter((_, index) => rows.some((row) => row[index] === 1)).length;
    }
    return removed;
  }

  return {
    async putMany(added) {
      for (const part of inChunks(added)) {
        await ask(
          putScript,
          part.flatMap((letter) => [exact(letter.id), placeOf(letter.diedAt), encodeDeadLetter(letter)]),
        );
      }
    },

    async get(id) {
      const texts = (await ask(getScript, [exact(id)])).flatMap(([text]) =>
        text === undefined ? [] : [String(text)],
      );
      return texts.map(decodeDeadLetter).toSorted(byDeath).at(-1);
    },

    async list(query, { limit, cursor }) {
      const after = cursor === undefined ? undefined : memberOf(decodeDeadLetterCursor(cursor));
      const found: DeadLetter[] = [];
      for await (const letter of find(query, after)) {
        const last = found.at(-1);
        if (found.length === limit && last) return { letters: found, next: encodeDeadLetterCursor(last) };
        found.push(letter);
      }
      return { letters: found, next: undefined };
    },

    removeMany,

    async purge(query) {
      let removed = 0;
      let ids: string[] = [];
      for await (const { id } of find(query)) {
        if (ids.push(id) < chunk) continue;
        removed += await removeMany(ids);
        ids = [];
      }
      return removed + (await removeMany(ids));
    },
  };
}

interface Entry {
  readonly member: string;
  readonly text: string;
}

function entriesOf(row: Row): readonly Entry[] {
  return Array.from({ length: row.length / 2 }, (_, index) => ({
    member: String(row[2 * index]),
    text: String(row[2 * index + 1]),
  }));
}

/** Each member once, in their order. */
function merge(pages: readonly (readonly Entry[])[]): readonly Entry[] {
  const entries = new Map(pages.flat().map((entry) => [entry.member, entry]));
  return [...entries.values()].toSorted((a, b) => byMember(a.member, b.member));
}

/** The newest copy last: a node that was away may have one from before the letter was sent again. */
function byDeath(a: DeadLetter, b: DeadLetter): number {
  return a.diedAt - b.diedAt || a.redrives - b.redrives;
}

function inChunks<T>(items: readonly T[]): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / chunk) }, (_, index) =>
    items.slice(index * chunk, (index + 1) * chunk),
  );
}
