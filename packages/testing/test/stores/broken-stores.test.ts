import { AssertionError } from 'node:assert/strict';
import type { DeadLetterStore, Ownership, ReplayStorage, TransactionalCompletion } from '@millrace/core';
import { memoryStore } from '@millrace/core';
import type { ConformanceTest, ManualClock } from '@millrace/testing';
import {
  conformanceTests,
  deadLetterStoreProperties,
  idempotencyStoreProperties,
  manualClock,
  ownershipProperties,
  replayStorageProperties,
  storeConformance,
  transactionalCompletionProperties,
} from '@millrace/testing';
import { describe, expect, test } from 'vitest';
import { sqliteFixture, sqliteTransactionFixture } from '../support/sqlite-fixture.ts';
import type { BrokenIdempotencyStoreName } from './broken-idempotency-stores.ts';
import { brokenIdempotencyStore, brokenIdempotencyStores } from './broken-idempotency-stores.ts';

/** The suites are there to catch these. Each store is broken in one way; the names are of the properties that must fail. */
describe('a broken idempotency store is caught', () => {
  const caughtBy: Readonly<Record<BrokenIdempotencyStoreName, readonly string[]>> = {
    letsTwoWin: [
      'hole (a): two runs started at the same time do not both execute',
      'of many concurrent claimers of many keys exactly one wins each',
    ],
    dropsTheFingerprint: [
      'hole (b): an identical duplicate is done, not refused, after completion with a fingerprint',
    ],
    ignoresFingerprints: [
      'another payload under a completed key is a mismatch',
      'another payload under a claimed key is a mismatch, and the claim stays as it is',
      'another payload does not take over an abandoned claim',
    ],
    letsAStaleOwnerRelease: ["hole (c): a stale owner's late failure leaves the new owner's claim alone"],
    letsAStaleOwnerExtend: [
      'a stale owner can neither extend nor complete, and the new owner does not notice',
    ],
    letsAStaleOwnerComplete: [
      'a stale owner can neither extend nor complete, and the new owner does not notice',
    ],
    forgetsDone: ['a completed key is done for everybody', 'done outlives the lease of the claim'],
    neverTakesOver: ['a claim whose lease ran out is taken over with a higher fence and one more attempt'],
    startsFencesAnew: [
      'a claim whose lease ran out is taken over with a higher fence and one more attempt',
      'a released key is free at once, for a further attempt with a higher fence',
    ],
    countsEveryRelease: ['a release that is not counted gives its attempt back, but not its fence'],
    answersOutOfOrder: ['many keys are answered in their order, each by its own state'],
    foldsTheCaseOfKeys: ['keys that look alike are different keys'],
  };

  const names = Object.keys(brokenIdempotencyStores) as BrokenIdempotencyStoreName[];
  test.each(names)('%s', async (name) => {
    const failed = await failuresOf(
      conformanceTests(
        idempotencyStoreProperties,
        withClock((clock) => brokenIdempotencyStore(name, clock)),
      ),
    );
    expect(failed).toEqual(expect.arrayContaining([...caughtBy[name]]));
  });
});

test('a replay storage that lets a stale owner write is caught', async () => {
  const careless = (sound: ReplayStorage): ReplayStorage => ({
    ...sound,
    save: (key, { position }) => sound.save(key, { position, fence: 9 }),
  });
  const failed = await failuresOf(
    conformanceTests(
      replayStorageProperties({ fencing: true }),
      withClock((clock) => careless(memoryStore({ clock }).replay)),
    ),
  );
  expect(failed).toContain('a stale owner is refused, and the marker stays');
});

test('a replay storage that fences without saying so is caught', async () => {
  const failed = await failuresOf(
    conformanceTests(
      replayStorageProperties({ fencing: false }),
      withClock((clock) => memoryStore({ clock }).replay),
    ),
  );
  expect(failed).toEqual([
    'without fencing, no fence is made up',
    'without fencing, every save is written and answered with true',
  ]);
});

describe('a broken dead-letter store is caught', () => {
  const broken: Readonly<Record<string, (sound: DeadLetterStore) => DeadLetterStore>> = {
    'a letter comes back as it was put, to everybody': (sound) => ({
      ...sound,
      putMany: (letters) =>
        sound.putMany(letters.map((letter) => ({ ...letter, handler: letter.handler ?? '' }))),
    }),
    'bytes come back as bytes, in the payload, in headers and in data': (sound) => ({
      ...sound,
      putMany: (letters) =>
        sound.putMany(
          letters.map((letter) => ({
            ...letter,
            message: { ...letter.message, raw: Buffer.from(letter.message.raw).toString() },
          })),
        ),
    }),
    'data that can not be kept does not keep the letter from being stored with its raw payload': (sound) => ({
      ...sound,
      async putMany(letters) {
        JSON.stringify(letters);
        await sound.putMany(letters);
      },
    }),
    'pages list every letter once, oldest first': (sound) => ({
      ...sound,
      // Goes on after the time of the last letter, and so leaves out those that died in the same millisecond.
      async list(query, { limit, cursor }) {
        const since = cursor === undefined ? {} : { since: Number(cursor) + 1 };
        const { letters, next } = await sound.list({ ...query, ...since }, { limit });
        return { letters, next: next && String(letters.at(-1)?.diedAt) };
      },
    }),
    'a page goes on where the one before ended, when letters are removed in between': (sound) => ({
      ...sound,
      async list(query, { limit, cursor = '0' }) {
        const { letters } = await sound.list(query, { limit: 1_000 });
        const end = Number(cursor) + limit;
        return {
          letters: letters.slice(Number(cursor), end),
          next: end < letters.length ? String(end) : undefined,
        };
      },
    }),
    'purging removes what matches, and answers how many there were': (sound) => ({
      ...sound,
      purge: () => sound.purge({}),
    }),
  };

  test.each(Object.keys(broken))('%s', async (property) => {
    const failed = await failuresOf(
      conformanceTests(
        deadLetterStoreProperties,
        withClock((clock) => broken[property]?.(memoryStore({ clock }).deadLetters) as DeadLetterStore),
      ),
    );
    expect(failed).toContain(property);
  });
});

describe('a broken ownership is caught', () => {
  const broken: Readonly<Record<string, (sound: Ownership) => Ownership>> = {
    'a name has one owner': (sound) => ({
      ...sound,
      acquire: async (name, options) =>
        (await sound.acquire(name, options)) ?? { name, owner: options.owner, fence: 1 },
    }),
    'a lease that ran out is taken over with a higher fence': (sound) => ({
      ...sound,
      acquire: async (name, options) => {
        const lease = await sound.acquire(name, options);
        return lease && { ...lease, fence: 1 };
      },
    }),
    'a stale owner can neither extend nor release, and the new owner does not notice': (sound) => ({
      ...sound,
      extend: async (lease, options) => (await sound.extend(lease, options)) || lease.owner === 'first',
    }),
  };

  test.each(Object.keys(broken))('%s', async (property) => {
    const failed = await failuresOf(
      conformanceTests(
        ownershipProperties,
        withClock((clock) => broken[property]?.(memoryStore({ clock }).ownership) as Ownership),
      ),
    );
    expect(failed).toContain(property);
  });
});

describe('a broken transactional completion is caught', () => {
  const broken: Readonly<Record<string, (sound: TransactionalCompletion) => TransactionalCompletion>> = {
    'a transaction that is rolled back leaves neither, and the claim goes on': (sound) => {
      const completed = new Set<string>();
      return {
        complete(transaction, claim, options) {
          completed.add(claim.key);
          return sound.complete(transaction, claim, options);
        },
        areDone: async (claims) => claims.map(({ key }) => completed.has(key)),
      };
    },
    'a stale owner is told so in its transaction, and its effect is rolled back': (sound) => ({
      ...sound,
      complete(transaction, claim, options) {
        const forgiven = { ...claim, owner: 'second', fence: 2 };
        return sound.complete(transaction, claim.owner === 'first' ? forgiven : claim, options);
      },
    }),
    'whether claims are done is told by owner and fence': (sound) => ({
      ...sound,
      areDone: async (claims) => {
        const owner = claims[0]?.owner ?? '';
        return sound.areDone(claims.map((claim) => ({ ...claim, owner })));
      },
    }),
    'what is not a transaction is refused': (sound) => ({
      ...sound,
      complete(transaction, claim, options) {
        const looksRight = typeof transaction === 'object' && transaction !== null;
        return looksRight ? sound.complete(transaction, claim, options) : undefined;
      },
    }),
  };

  test.each(Object.keys(broken))('%s', async (property) => {
    const create = () =>
      sqliteTransactionFixture({}, (store) => ({
        ...store,
        transactions: broken[property]?.(store.transactions) as TransactionalCompletion,
      }));
    const failed = await failuresOf(conformanceTests(transactionalCompletionProperties, create));
    expect(failed).toContain(property);
  });
});

test('a store with transactions that were not put to the test is caught', async () => {
  const tests = storeConformance({ create: () => sqliteFixture() });
  const failed = await failuresOf(tests.filter(({ name }) => name.startsWith('transactions: ')));
  expect(failed).toEqual(['transactions: none are offered without being put to the test']);
});

function withClock<Port>(make: (clock: ManualClock) => Port) {
  return async () => {
    const clock = manualClock();
    return { store: make(clock), advance: clock.advance, close: async () => {} };
  };
}

async function failuresOf(tests: readonly ConformanceTest[]): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { name, run } of tests) {
    try {
      await run();
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      failed.push(name);
    }
  }
  return failed;
}
