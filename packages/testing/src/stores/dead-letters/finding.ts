import assert from 'node:assert/strict';
import type { DeadLetter, DeadLetterQuery, DeadLetterStore } from '@millrace/core';
import { isMillraceError } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { StoreFixture } from '../fixtures.ts';
import { deadLetter } from './sample.ts';

/** Letters are listed oldest first, found by what is known of them, and removed. */
export const findingProperties: readonly ConformanceProperty<StoreFixture<DeadLetterStore>>[] = [
  {
    name: 'pages list every letter once, oldest first',
    async run({ store }) {
      // Many died in the same millisecond, so that a page ends among them.
      const letters = Array.from({ length: 25 }, (_, index) =>
        deadLetter(`letter-${index}`, { diedAt: 1_000 + (index % 3) }),
      );
      await store.putMany(letters);
      for (const limit of [1, 4, 24, 25, 26]) {
        const pages = await allPages(store, {}, limit);
        const listed = pages.flat();
        assert.deepEqual(
          listed.map(({ id }) => id).sort(),
          letters.map(({ id }) => id).sort(),
          `pages of ${limit}`,
        );
        assert.deepEqual(
          listed.map(({ diedAt }) => diedAt),
          listed.map(({ diedAt }) => diedAt).sort((a, b) => a - b),
        );
        assert.ok(pages.every((page) => page.length <= limit));
        assert.ok(
          pages.every((page) => page.length > 0),
          'no page is empty when there are letters',
        );
      }
      assert.deepEqual(await store.list({ consumer: 'nobody' }, { limit: 5 }), {
        letters: [],
        next: undefined,
      });
    },
  },
  {
    name: 'a page goes on where the one before ended, when letters are removed in between',
    async run({ store }) {
      await store.putMany(['a', 'b', 'c', 'd'].map((id, index) => deadLetter(id, { diedAt: index })));
      const first = await store.list({}, { limit: 2 });
      await store.removeMany(first.letters.map(({ id }) => id));
      const second = await store.list({}, { limit: 2, cursor: first.next });
      assert.deepEqual(
        second.letters.map(({ id }) => id),
        ['c', 'd'],
      );
    },
  },
  {
    name: 'a cursor that no page gave is refused',
    async run({ store }) {
      await store.putMany([deadLetter('a')]);
      await assert.rejects(store.list({}, { limit: 1, cursor: 'nonsense' }), (error: unknown) =>
        isMillraceError(error),
      );
    },
  },
  {
    name: 'letters are found by each thing asked for, and by all of them together',
    async run({ store }) {
      await store.putMany(assorted);
      for (const [query, ids] of queries)
        assert.deepEqual(await idsOf(store, query), ids, JSON.stringify(query));
    },
  },
  {
    name: 'filters and pages work together',
    async run({ store }) {
      const letters = Array.from({ length: 12 }, (_, index) =>
        deadLetter(`letter-${String(index).padStart(2, '0')}`, {
          diedAt: index,
          source: index % 2 === 0 ? 'even' : 'odd',
        }),
      );
      await store.putMany(letters);
      const pages = await allPages(store, { source: 'odd', since: 3 }, 2);
      assert.deepEqual(
        pages.map((page) => page.map(({ diedAt }) => diedAt)),
        [[3, 5], [7, 9], [11]],
      );
    },
  },
  {
    name: 'removing answers how many there were',
    async run({ store }) {
      await store.putMany([deadLetter('a'), deadLetter('b'), deadLetter('c')]);
      assert.equal(await store.removeMany(['a', 'unknown', 'c', 'a']), 2);
      assert.equal(await store.removeMany([]), 0);
      assert.equal(await store.get('a'), undefined);
      assert.deepEqual(await idsOf(store, {}), ['b']);
    },
  },
  {
    name: 'purging removes what matches, and answers how many there were',
    async run({ store }) {
      for (const [query, ids] of queries) {
        await store.putMany(assorted);
        assert.equal(await store.purge(query), ids.length, JSON.stringify(query));
        assert.deepEqual(
          await idsOf(store, {}),
          assorted.map(({ id }) => id).filter((id) => !ids.includes(id)),
        );
      }
    },
  },
];

const assorted = [
  deadLetter('a', { diedAt: 1_000 }),
  deadLetter('b', { diedAt: 2_000, consumer: 'shipping', message: { type: 'Refunded.shop' } }),
  deadLetter('c', { diedAt: 3_000, source: 'refunds', handler: undefined, reason: 'unhandled' }),
  deadLetter('d', { diedAt: 4_000, handler: 'rest', reason: 'invalid' }),
];

const queries: readonly (readonly [DeadLetterQuery, readonly string[]])[] = [
  [{}, ['a', 'b', 'c', 'd']],
  [{ consumer: 'shipping' }, ['b']],
  [{ source: 'refunds' }, ['c']],
  [{ handler: 'placed' }, ['a', 'b']],
  [{ type: 'Refunded.shop' }, ['b']],
  [{ reason: 'invalid' }, ['d']],
  [{ since: 2_000 }, ['b', 'c', 'd']],
  [{ before: 2_000 }, ['a']],
  [{ since: 2_000, before: 4_000 }, ['b', 'c']],
  [{ consumer: 'billing', source: 'orders', since: 1_001 }, ['d']],
  [{ consumer: 'billing', type: 'Refunded.shop' }, []],
];

async function idsOf(store: DeadLetterStore, query: DeadLetterQuery): Promise<readonly string[]> {
  return (await store.list(query, { limit: 100 })).letters.map(({ id }) => id);
}

async function allPages(
  store: DeadLetterStore,
  query: DeadLetterQuery,
  limit: number,
): Promise<readonly (readonly DeadLetter[])[]> {
  const pages: (readonly DeadLetter[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.list(query, { limit, cursor });
    pages.push(page.letters);
    assert.ok(pages.length <= 100, 'the pages end');
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}
