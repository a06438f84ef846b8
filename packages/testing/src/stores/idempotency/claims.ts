import assert from 'node:assert/strict';
import type { IdempotencyStore } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { LeaseFixture } from '../fixtures.ts';
import { longLease, longRetention, secondConnection } from '../fixtures.ts';
import { ask, win } from './claiming.ts';

/** Who gets a claim, and what the others are told. */
export const claimProperties: readonly ConformanceProperty<LeaseFixture<IdempotencyStore>>[] = [
  {
    name: 'a key that nobody knows is claimed as a first attempt',
    async run({ store }) {
      const { attempt, fence, takeover } = await win(store, 'new');
      assert.deepEqual({ attempt, takeover }, { attempt: 1, takeover: false });
      assert.ok(Number.isSafeInteger(fence) && fence >= 1, `a fence is a whole number from 1, not ${fence}`);
    },
  },
  {
    name: 'a claimed key is busy for others, with what is left of the lease',
    async run(fixture) {
      const other = await secondConnection(fixture);
      await win(fixture.store, 'held', { owner: 'first' });
      const verdict = await ask(other, 'held', { owner: 'second' });
      assert.equal(verdict.status, 'busy');
      const { remaining } = verdict;
      assert.ok(
        remaining > 0 && remaining <= longLease,
        `${remaining} ms are left of a lease of ${longLease} ms`,
      );
    },
  },
  {
    name: 'a claimed key is busy for its owner too',
    async run({ store }) {
      await win(store, 'held', { owner: 'me' });
      assert.equal((await ask(store, 'held', { owner: 'me' })).status, 'busy');
    },
  },
  {
    name: 'a key that stands twice in one call is claimed once',
    async run({ store }) {
      const requests = [{ key: 'twin' }, { key: 'single' }, { key: 'twin' }];
      const verdicts = await store.claimMany(requests, { owner: 'me', lease: longLease });
      assert.deepEqual(statuses(verdicts), ['claimed', 'claimed', 'busy']);
    },
  },
  {
    name: 'many keys are answered in their order, each by its own state',
    async run({ store }) {
      const owner = 'me';
      const count = 200;
      const keys = Array.from({ length: count }, (_, index) => `key-${index}`);
      const done = await store.claimMany(
        keys.filter((_, index) => index % 4 === 0).map((key) => ({ key, fingerprint: 'a' })),
        { owner, lease: longLease },
      );
      const claims = done.map((verdict, index) => {
        assert.equal(verdict.status, 'claimed');
        return { key: `key-${index * 4}`, owner, fence: verdict.fence };
      });
      await store.completeMany(claims, { retention: longRetention });
      await store.claimMany(
        keys.filter((_, index) => index % 4 === 1).map((key) => ({ key })),
        { owner, lease: longLease },
      );

      const requests = keys.map((key, index) => ({ key, fingerprint: index % 8 === 4 ? 'b' : 'a' }));
      const verdicts = await store.claimMany(requests, { owner: 'other', lease: longLease });
      const expected = keys.map(
        (_, index) =>
          (['done', 'busy', 'claimed', 'claimed', 'mismatch', 'busy', 'claimed', 'claimed'] as const)[
            index % 8
          ],
      );
      assert.deepEqual(statuses(verdicts), expected);
    },
  },
  {
    name: 'a call with no key answers nothing',
    async run({ store }) {
      assert.deepEqual(await store.claimMany([], { owner: 'me', lease: longLease }), []);
      assert.deepEqual(await store.completeMany([], { retention: longRetention }), []);
      assert.deepEqual(await store.extendMany([], { lease: longLease }), []);
      assert.deepEqual(await store.releaseMany([]), []);
    },
  },
  {
    name: 'hole (a): two runs started at the same time do not both execute',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const verdicts = await Promise.all([
        ask(fixture.store, 'raced', { owner: 'first' }),
        ask(other, 'raced', { owner: 'second' }),
      ]);
      assert.deepEqual(statuses(verdicts).sort(), ['busy', 'claimed']);
    },
  },
  {
    name: 'of many concurrent claimers of many keys exactly one wins each',
    async run(fixture) {
      const connections = [fixture.store, await secondConnection(fixture)];
      const keys = Array.from({ length: 25 }, (_, index) => `contended-${index}`);
      const answers = await Promise.all(
        Array.from({ length: 12 }, async (_, claimer) => {
          const store = connections[claimer % 2] ?? fixture.store;
          // Every claimer starts at another key, so that they meet in the middle of their calls.
          const requests = keys.map((_, index) => ({ key: keys[(index + 2 * claimer) % keys.length] ?? '' }));
          const verdicts = await store.claimMany(requests, { owner: `claimer-${claimer}`, lease: longLease });
          return requests.filter((_, index) => verdicts[index]?.status === 'claimed').map(({ key }) => key);
        }),
      );
      assert.deepEqual(answers.flat().sort(), [...keys].sort(), 'each key was won exactly once');
    },
  },
  {
    name: 'keys that look alike are different keys',
    async run({ store }) {
      const keys = [
        'a',
        'A',
        'a ',
        ' a',
        'a\n',
        'a\0',
        'a\0b',
        '',
        '__proto__',
        'constructor',
        '*',
        '%',
        'a:b',
        'a::b',
        'e\u0301',
        '\u00e9',
        '\u{1f600}',
        '\ud83d',
        '\ude00',
        '\ufffd',
        'x'.repeat(1024),
        `${'x'.repeat(1023)}y`,
      ];
      const verdicts = await store.claimMany(
        keys.map((key) => ({ key })),
        { owner: 'me', lease: longLease },
      );
      const taken = keys.filter((_, index) => verdicts[index]?.status !== 'claimed');
      assert.deepEqual(taken, [], 'keys that were taken for another one');
    },
  },
];

function statuses(verdicts: readonly { readonly status: string }[]): string[] {
  return verdicts.map(({ status }) => status);
}
