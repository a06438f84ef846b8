import assert from 'node:assert/strict';
import type { ReplayMarker, ReplayStorage } from '@millrace/core';
import { isMillraceError, memoryStore, toPosition } from '@millrace/core';
import { named } from '../bench/bench.ts';
import { gate } from '../bench/gate.ts';
import type { AdapterProperty } from '../property.ts';
import { skip } from '../property.ts';

const neverAgain = 'it keeps nothing: what nobody reads is gone';
const ownMarkers = "the markers are the broker's own";

/** Where reading goes on. */
export const markerProperties: readonly AdapterProperty[] = [
  {
    id: 'P11',
    name: 'what is handled out of order never moves the marker past a gap',
    async run({ publish, consume, until, untilHandled, outlast, capabilities }) {
      if (capabilities.position === 'none') return skip('it has no positions');
      if (capabilities.order === 'perChannel') return skip('nothing is handled out of order');
      const { handle, open, waiting } = gate();
      const first = await consume({ handle, settings: { concurrency: 10 } });
      await publish(['a', 'b', 'c', 'd', 'e']);
      await until('all to be started', () => waiting().length === 5 || first.runs.length === 5);
      open('a', 'b', 'd');
      await untilHandled(first, ['a', 'b', 'd']);
      await outlast('the consumer to stop', first.stop({ now: true }));
      const second = await consume();
      await publish(['f']);
      await untilHandled(second, ['c', 'e', 'f']);
      assert.deepEqual([...second.handled].sort(), ['c', 'e', 'f'], 'what was done is not done again');
    },
  },
  {
    id: 'P12',
    name: 'after a restart reading goes on at the first event that is not settled',
    async run({ publish, consume, untilHandled, outlast, history, keepsNothing }) {
      if (keepsNothing) return skip(neverAgain);
      // Only the drain writes the marker.
      const first = await consume({ markers: { every: 1_000, interval: 60_000 } });
      await publish(named('a', 12));
      await untilHandled(first, named('a', 12));
      await outlast('the consumer to stop', first.stop());
      await publish(named('b', 5));
      const stopped = history.entries.length;
      const second = await consume();
      await untilHandled(second, named('b', 5));
      assert.deepEqual([...second.handled].sort(), [...named('b', 5)].sort(), 'nothing is handled again');
      const delivered = history.entries
        .slice(stopped)
        .flatMap((entry) => (entry.kind === 'delivered' ? [entry.event] : []));
      assert.deepEqual(
        [...delivered].sort(),
        [...named('b', 5)].sort(),
        'nothing that was settled before a clean stop comes again',
      );
    },
  },
  {
    id: 'P13',
    name: 'reading again from a position brings what comes after it, and only that',
    async run({ publish, consume, untilHandled, until, outlast, store, clock, history, capabilities }) {
      if (capabilities.replay === 'none') return skip('what is settled is gone: nothing can be read again');
      if (capabilities.position !== 'opaque') return skip(ownMarkers);
      const kept = new Map<string, ReplayMarker>();
      const replay: ReplayStorage = {
        load: async (key) => kept.get(key),
        async save(key, marker) {
          kept.set(key, marker);
          return true;
        },
      };
      const first = await consume({ store: { ...store, replay }, settings: { concurrency: 1 } });
      await publish(named('a', 6), { key: 'one' });
      await untilHandled(first, named('a', 6));
      await until('the marker', () => kept.size > 0);
      await outlast('the consumer to stop', first.stop());
      const then = new Map(kept);
      const second = await consume({ store: { ...store, replay } });
      await publish(named('b', 6), { key: 'one' });
      await untilHandled(second, named('b', 6));
      await outlast('the consumer to stop', second.stop());
      history.add({ kind: 'forgotten' });
      for (const [key, marker] of then) kept.set(key, marker);
      const third = await consume({ store: { ...memoryStore({ clock }), replay } });
      await untilHandled(third, named('b', 6));
      assert.deepEqual(third.handled, named('b', 6), 'what is after the marker, in its order');
    },
  },
  {
    id: 'P14',
    name: 'a position that is not kept is an error, or goes on where the settings say; nothing is skipped in silence',
    async run({ publish, consumer, consume, untilHandled, store, capabilities, log }) {
      if (capabilities.replay === 'none') return skip('it has no positions to read from');
      if (capabilities.position !== 'opaque') return skip(ownMarkers);
      const replay: ReplayStorage = {
        load: async () => ({ position: toPosition('a position that nobody knows'), fence: 0 }),
        save: async () => true,
      };
      await publish(named('a', 5));
      const strict = consumer({ store: { ...store, replay }, settings: { onInvalidPosition: 'fail' } });
      await assert.rejects(
        strict.consumer.start(),
        (error) => isMillraceError(error),
        'the start is refused, with a code',
      );
      assert.deepEqual(strict.runs, [], 'and nothing is handled');
      const lenient = await consume({
        store: { ...store, replay },
        settings: { onInvalidPosition: 'earliest' },
      });
      await untilHandled(lenient, named('a', 5));
      assert.ok(
        log.lines.some((line) => line.startsWith('warn')),
        'the gap is logged as a warning',
      );
    },
  },
];
