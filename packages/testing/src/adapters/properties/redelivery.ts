import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import type { AdapterProperty } from '../property.ts';
import { passWithout, skip } from '../property.ts';

/** Timers of a system's clock may fire a little early. */
const earlyTimer = 25;

/** What becomes of an event whose handler fails. */
export const redeliveryProperties: readonly AdapterProperty[] = [
  {
    id: 'P5',
    name: 'what a handler failed on is handled again, and the broker counts',
    async run({ publish, consume, untilHandled, untilSettled, capabilities }) {
      const names = named('a', 5);
      const consumer = await consume({
        retry: { attempts: 3, delay: 10 },
        handle({ context }) {
          if (context.attempt === 1) throw new Error('not yet');
        },
      });
      await publish(names);
      await untilHandled(consumer, names);
      await untilSettled();
      for (const name of names) {
        const runs = consumer.runs.filter(({ event }) => event === name);
        assert.deepEqual(
          runs.map(({ context }) => context.attempt),
          [1, 2],
          `the attempts of ${name}`,
        );
        assert.deepEqual(
          runs.map(({ context }) => context.redelivered),
          [false, true],
          `whether ${name} says that it comes again`,
        );
        assert.equal(new Set(runs.map(({ message }) => message.id)).size, 1, `${name} keeps its id`);
        if (capabilities.deliveryCount === 'native' && capabilities.redelivery === 'delayed') {
          assert.deepEqual(
            runs.map(({ message }) => message.deliveryCount),
            [1, 2],
            `the broker's count for ${name}`,
          );
        }
      }
    },
  },
  {
    id: 'P6',
    name: 'what was given back with a delay is not delivered before',
    async run({ publish, consume, untilHandled, capabilities, history, manual }) {
      if (capabilities.redelivery !== 'delayed')
        return skip('the broker does not wait: retries are made in place');
      const delay = 1_000;
      const consumer = await consume({
        retry: { attempts: 3, delay, factor: 1, where: 'broker' },
        handle({ context }) {
          if (context.attempt === 1) throw new Error('later');
        },
      });
      await publish(['a']);
      await untilHandled(consumer, ['a']);
      const failed = history.entries.find(({ kind }) => kind === 'ended');
      const again = history.entries.findLast(({ kind }) => kind === 'delivered');
      const waited = (again?.at ?? 0) - (failed?.at ?? 0);
      assert.ok(
        waited >= delay - (manual ? 0 : earlyTimer),
        `it came again after ${waited} ms, and ${delay} were asked for`,
      );
    },
  },
  {
    id: 'P8',
    name: 'a handler that always throws is run as often as the policy says, and others go on',
    async run({ publish, consume, untilHandled, untilSettled, until, history }) {
      const names = named('a', 5);
      const consumer = await consume({
        retry: { attempts: 3, delay: 10, factor: 1 },
        handle({ event }) {
          if (event === 'poison') throw new Error('never');
        },
      });
      await publish(['poison', ...names]);
      await untilHandled(consumer, names);
      await until('the dead letter', () => history.entries.some(({ kind }) => kind === 'parked'));
      await untilSettled();
      assert.deepEqual(
        consumer.runs.filter(({ event }) => event === 'poison').map(({ context }) => context.attempt),
        [1, 2, 3],
        'the attempts of the event that can not be handled',
      );
      const { letters } = await consumer.consumer.deadLetters.list();
      assert.deepEqual(
        letters.map(({ reason, attempts }) => ({ reason, attempts })),
        [{ reason: 'exhausted', attempts: 3 }],
      );
    },
  },
  {
    id: 'P28',
    name: 'in a batch of settlements each has its own result',
    async run({ publish, consume, untilHandled, untilSettled, until, capabilities, harness, history }) {
      if (capabilities.settle === 'none') return skip('it settles no single messages');
      const names = named('a', 9);
      const refusals = harness.faults?.refuseSettles;
      const consumer = await consume({
        settings: { concurrency: 10, prefetch: 10 },
        retry: { attempts: 3, delay: 10, factor: 1 },
        handle({ event, context }) {
          if (event === 'a3' && context.attempt === 1) throw new Error('again');
          if (event === 'a6') context.reject(new Error('never'));
        },
      });
      refusals?.(1);
      await publish(names);
      await untilHandled(consumer, names);
      await until('the dead letter', () => history.entries.some(({ kind }) => kind === 'parked'));
      await untilSettled();
      const runs = (name: string) => consumer.runs.filter(({ event }) => event === name).length;
      assert.deepEqual(names.map(runs), [1, 1, 2, 1, 1, 1, 1, 1, 1], 'only what was given back comes again');
      if (refusals === undefined) return passWithout('the harness can not refuse a settlement');
      const refused = history.entries.filter(
        (entry) => entry.kind === 'refused' && entry.outcome !== 'extend',
      );
      assert.equal(refused.length, 1, 'the one settlement that the broker refused is told, and no other');
    },
  },
];
