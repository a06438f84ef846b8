import assert from 'node:assert/strict';
import { isMillraceError } from '@millrace/core';
import { named } from '../bench/bench.ts';
import type { AdapterProperty } from '../property.ts';
import { passWithout, skip } from '../property.ts';

/** Twice: most brokers and adapters have something that goes wrong with the second one only. */
const garbage: readonly (string | Uint8Array)[] = [
  '{"order":',
  'no JSON at all',
  new Uint8Array([0xff, 0xfe, 0xfd]),
  '{"order":',
];

/** What can't be handled is parked, and nothing else suffers. */
export const poisonProperties: readonly AdapterProperty[] = [
  {
    id: 'P7',
    name: 'what a handler rejects is parked at once, and never delivered again',
    async run({ publish, consume, untilSettled, until, pass, manual, capabilities }) {
      const consumer = await consume({
        handle: ({ context }) => context.reject(new Error('an order without items')),
      });
      await publish(['a']);
      await until(
        'the dead letter',
        async () => (await consumer.consumer.deadLetters.list()).letters.length > 0,
      );
      await untilSettled();
      // Where nothing is left at the broker, waiting shows no more than that.
      if (manual) await pass(2 * (capabilities.lease?.milliseconds ?? 1_000));
      assert.equal(consumer.runs.length, 1, 'it is handled once');
      const { letters } = await consumer.consumer.deadLetters.list();
      assert.deepEqual(
        letters.map(({ reason, attempts }) => ({ reason, attempts })),
        [{ reason: 'rejected', attempts: 1 }],
      );
    },
  },
  {
    id: 'P9',
    name: 'garbage is parked with its bytes, is never retried, and holds up nothing',
    async run({ harness, publish, consume, untilHandled, untilSettled, until }) {
      if (harness.publishGarbage === undefined) return skip('the harness can not publish garbage');
      const consumer = await consume();
      const sent: (string | Uint8Array)[] = [];
      await publish(['before']);
      for (const raw of garbage) if (await harness.publishGarbage(raw)) sent.push(raw);
      await publish(['after']);
      await untilHandled(consumer, ['before', 'after']);
      await until(
        'the dead letters',
        async () => (await consumer.consumer.deadLetters.list()).letters.length >= sent.length,
      );
      await untilSettled();
      const { letters } = await consumer.consumer.deadLetters.list();
      assert.deepEqual(
        letters.map(({ reason }) => reason),
        sent.map(() => 'undecodable'),
      );
      const bytes = (raw: string | Uint8Array) => Buffer.from(raw).toString('hex');
      const same = (raw: string | Uint8Array) => raw;
      const { payloadOf = same, asRead = same } = harness;
      assert.deepEqual(
        letters.map(({ message }) => bytes(payloadOf(message.raw))).sort(),
        sent.map((raw) => bytes(asRead(raw))).sort(),
        'the payloads that were kept',
      );
      assert.equal(consumer.runs.length, 2, 'no handler sees garbage');
      if (sent.length < garbage.length)
        return passWithout('the broker takes no such bytes as some garbage is made of');
      if (sent.some((raw) => bytes(asRead(raw)) !== bytes(raw)))
        return passWithout('the client does not hand over all bytes as they were published');
    },
  },
  {
    id: 'P10',
    name: 'the largest payload arrives, and a larger one is refused with a code',
    async run({ harness, publish, consume, untilHandled, history }) {
      const { maxPayload } = harness;
      if (maxPayload === undefined) return skip('the harness names no largest payload');
      const frame = Buffer.byteLength(JSON.stringify({ event: 'large', filler: '' }));
      const consumer = await consume();
      await publish(['large'], { data: { filler: 'x'.repeat(maxPayload - frame) } });
      await untilHandled(consumer, ['large']);
      const before = history.entries.length;
      const tooLarge = {
        type: 'Conformance.checked',
        data: { event: 'huge', filler: 'x'.repeat(maxPayload * 2) },
      };
      await assert.rejects(harness.publish([tooLarge]), (error) => isMillraceError(error));
      assert.equal(
        history.entries.slice(before).filter(({ kind }) => kind === 'delivered').length,
        0,
        'nothing of it arrives',
      );
      await publish(named('after', 3));
      await untilHandled(consumer, named('after', 3));
    },
  },
];
