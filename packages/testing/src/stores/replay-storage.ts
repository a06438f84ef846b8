import assert from 'node:assert/strict';
import type { ReplayStorage } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { ConformanceProperty } from '../conformance.ts';
import type { StoreFixture } from './fixtures.ts';
import { secondConnection } from './fixtures.ts';

export interface ReplayStorageCapabilities {
  /** Markers carry the fence of who wrote them, and a stale owner can't overwrite them. */
  readonly fencing: boolean;
}

type ReplayProperty = ConformanceProperty<StoreFixture<ReplayStorage>>;

/**
 * What has to hold for a `ReplayStorage`. One without fencing is let off refusing stale owners, and held to saying
 * so: every save is answered with true, and a marker's fence is 0, which never passes for somebody's.
 */
export function replayStorageProperties({ fencing }: ReplayStorageCapabilities): readonly ReplayProperty[] {
  return [...commonProperties, ...(fencing ? fencedProperties : unfencedProperties)];
}

const commonProperties: readonly ReplayProperty[] = [
  {
    name: 'a marker that was never saved is undefined',
    async run({ store }) {
      assert.equal(await store.load('consumer/source/channel'), undefined);
    },
  },
  {
    name: 'a saved position is loaded as it was, by everybody',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const positions = [
        '0',
        '007',
        '18446744073709551615',
        '-1',
        ' spaced ',
        'AAECAwQ=',
        'größer/😀',
        '{"p":3,"o":"9"}',
      ];
      for (const text of positions) {
        assert.equal(await fixture.store.save('key', { position: toPosition(text), fence: 1 }), true);
        assert.equal((await other.load('key'))?.position, text);
      }
    },
  },
  {
    name: 'markers of different keys do not touch each other',
    async run({ store }) {
      const keys = ['a', 'A', 'a/b', 'a/b/c', '__proto__', 'a '];
      for (const key of keys) await store.save(key, { position: toPosition(`at ${key}`), fence: 1 });
      const loaded = await Promise.all(keys.map(async (key) => (await store.load(key))?.position));
      assert.deepEqual(
        loaded,
        keys.map((key) => `at ${key}`),
      );
    },
  },
  {
    name: 'the position saved last is the one that is loaded, whatever it looks like',
    async run({ store }) {
      for (const text of ['10', '9', '10', '2']) {
        assert.equal(await store.save('key', { position: toPosition(text), fence: 1 }), true);
      }
      assert.equal((await store.load('key'))?.position, '2');
    },
  },
];

const fencedProperties: readonly ReplayProperty[] = [
  {
    name: 'a marker keeps the fence of who wrote it',
    async run({ store }) {
      await store.save('key', { position: toPosition('5'), fence: 7 });
      assert.deepEqual(await store.load('key'), { position: '5', fence: 7 });
    },
  },
  {
    name: 'a stale owner is refused, and the marker stays',
    async run(fixture) {
      const other = await secondConnection(fixture);
      await fixture.store.save('key', { position: toPosition('5'), fence: 1 });
      assert.equal(
        await other.save('key', { position: toPosition('8'), fence: 2 }),
        true,
        'a newer owner writes',
      );
      assert.equal(
        await fixture.store.save('key', { position: toPosition('6'), fence: 1 }),
        false,
        'a stale save is refused',
      );
      assert.deepEqual(await fixture.store.load('key'), { position: '8', fence: 2 });
      assert.equal(await other.save('key', { position: toPosition('9'), fence: 2 }), true);
    },
  },
  {
    name: 'of two owners who save at the same time the newer one stays',
    async run(fixture) {
      const other = await secondConnection(fixture);
      for (const round of [1, 2, 3, 4, 5]) {
        const key = `raced-${round}`;
        await Promise.all([
          fixture.store.save(key, { position: toPosition('new'), fence: 2 }),
          other.save(key, { position: toPosition('old'), fence: 1 }),
        ]);
        assert.deepEqual(await fixture.store.load(key), { position: 'new', fence: 2 });
      }
    },
  },
];

const unfencedProperties: readonly ReplayProperty[] = [
  {
    name: 'without fencing, no fence is made up',
    async run({ store }) {
      assert.equal(await store.save('key', { position: toPosition('5'), fence: 7 }), true);
      assert.deepEqual(await store.load('key'), { position: '5', fence: 0 });
    },
  },
  {
    name: 'without fencing, every save is written and answered with true',
    async run({ store }) {
      assert.equal(await store.save('key', { position: toPosition('8'), fence: 2 }), true);
      assert.equal(await store.save('key', { position: toPosition('6'), fence: 1 }), true);
      assert.equal((await store.load('key'))?.position, '6');
    },
  },
];
