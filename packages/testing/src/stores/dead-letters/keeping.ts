import assert from 'node:assert/strict';
import type { DeadLetterStore } from '@millrace/core';
import { toPosition } from '@millrace/core';
import type { ConformanceProperty } from '../../conformance.ts';
import type { StoreFixture } from '../fixtures.ts';
import { secondConnection } from '../fixtures.ts';
import { deadLetter, headers } from './sample.ts';

/** A dead letter may be the last copy of an event: what was put comes back whole. */
export const keepingProperties: readonly ConformanceProperty<StoreFixture<DeadLetterStore>>[] = [
  {
    name: 'a letter comes back as it was put, to everybody',
    async run(fixture) {
      const other = await secondConnection(fixture);
      const full = deadLetter('full', {
        error: {
          name: 'MillraceError',
          code: 'HANDLER_FAILED',
          message: 'line 1\nline "2"',
          stack: undefined,
        },
        redrives: 2,
        message: {
          headers: headers({ text: 'é', count: 3, flag: false, none: null, list: ['a', 1, null] }),
          key: 'customer-7',
          channel: '/event/Order__e',
          position: toPosition('AAEC/w=='),
          time: 1_767_225_600_000,
        },
      });
      const bare = deadLetter('bare', {
        handler: undefined,
        reason: 'undecodable',
        message: { type: '', data: undefined },
      });
      await fixture.store.putMany([full, bare]);
      assert.deepEqual(await other.get('full'), full);
      assert.deepEqual(await other.get('bare'), bare);
      assert.equal(await other.get('unknown'), undefined);
    },
  },
  {
    name: 'bytes come back as bytes, in the payload, in headers and in data',
    async run({ store }) {
      const every = Uint8Array.from({ length: 256 }, (_, index) => index);
      const letter = deadLetter('bytes', {
        message: {
          raw: every,
          headers: headers({ signature: every, list: [every.subarray(3, 5), 'text'] }),
          data: { body: every, empty: new Uint8Array() },
        },
      });
      await store.putMany([letter]);
      assert.deepEqual(await store.get('bytes'), letter);
    },
  },
  {
    name: 'data of every shape that JSON has comes back as it was',
    async run({ store }) {
      const shapes: unknown[] = [
        null,
        true,
        0,
        -1.5,
        1e300,
        '',
        'text',
        '\0\u2028"\\',
        'lone \ud83d',
        [],
        {},
        [[], [null]],
        { $bytes: 'not bytes', $$: 1, '': 2, nested: { $date: null } },
        JSON.parse('{"__proto__":{"polluted":true},"constructor":1,"toJSON":"x"}'),
      ];
      await store.putMany(shapes.map((data, index) => deadLetter(`shape-${index}`, { message: { data } })));
      for (const [index, data] of shapes.entries()) {
        assert.deepEqual((await store.get(`shape-${index}`))?.message.data, data);
      }
      assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    },
  },
  {
    name: 'headers of any name come back, without a prototype',
    async run({ store }) {
      const odd = headers({ ['__proto__']: 'a', constructor: 'b', $bytes: 'c', '': 'd' });
      await store.putMany([deadLetter('odd', { message: { headers: odd } })]);
      const kept = (await store.get('odd'))?.message.headers;
      assert.deepEqual(kept, odd);
      assert.equal(Object.getPrototypeOf(kept), null);
    },
  },
  {
    name: 'data that can not be kept does not keep the letter from being stored with its raw payload',
    async run({ store }) {
      const circular: Record<string, unknown> = {};
      circular['itself'] = circular;
      let deep: unknown = 'bottom';
      for (let depth = 0; depth < 20_000; depth += 1) deep = [deep];
      const hostile = {
        get trap() {
          throw new Error('no');
        },
      };
      const awkward = [
        circular,
        deep,
        hostile,
        () => 1,
        Symbol('s'),
        { method() {} },
        new Map([[1, 2]]),
        2n ** 80n,
        Number.NaN,
      ];
      const letters = awkward.map((data, index) =>
        deadLetter(`awkward-${index}`, { message: { data, raw: `raw ${index}` } }),
      );
      await assert.doesNotReject(store.putMany(letters), 'a letter is never refused');
      for (const [index, data] of awkward.entries()) {
        const kept = await store.get(`awkward-${index}`);
        assert.equal(kept?.message.raw, `raw ${index}`);
        if (kept.message.data !== undefined)
          assert.deepEqual(kept.message.data, data, 'data is whole or left out');
      }
    },
  },
  {
    name: 'a stored letter does not change with the object it was made from',
    async run({ store }) {
      const data = { order: 1, lines: [1] };
      const raw = new Uint8Array([1, 2, 3]);
      await store.putMany([deadLetter('kept', { message: { data, raw } })]);
      data.lines.push(2);
      raw.fill(0);
      const message = (await store.get('kept'))?.message;
      assert.deepEqual(message?.data, { order: 1, lines: [1] });
      assert.deepEqual(message.raw, new Uint8Array([1, 2, 3]));
    },
  },
  {
    name: 'putting a letter again leaves one, the newer',
    async run({ store }) {
      await store.putMany([deadLetter('same', { redrives: 0 }), deadLetter('other')]);
      await store.putMany([deadLetter('same', { redrives: 1, diedAt: 2_000 })]);
      await store.putMany([]);
      const { letters } = await store.list({}, { limit: 10 });
      assert.deepEqual(
        letters.map(({ id, redrives }) => [id, redrives]),
        [
          ['other', 0],
          ['same', 1],
        ],
      );
    },
  },
];
