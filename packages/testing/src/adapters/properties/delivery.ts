import assert from 'node:assert/strict';
import { named } from '../bench/bench.ts';
import type { AdapterProperty } from '../property.ts';
import { skip } from '../property.ts';

/** What is published arrives, whole, where it should. */
export const deliveryProperties: readonly AdapterProperty[] = [
  {
    id: 'P1',
    name: 'everything is delivered once, with type, payload, headers and key intact',
    async run(bench) {
      const { publish, consumeBacklog, untilHandled, untilSettled, capabilities } = bench;
      const names = named('a', 40);
      const consumer = await consumeBacklog(() =>
        publish(names.slice(0, 20), {
          data: { text: 'Grüße, 世界', nested: [1, null, { deep: true }] },
          headers: { origin: 'shop' },
        }),
      );
      await publish(names.slice(20), { key: 'customer-7', headers: { origin: 'shop' } });
      await untilHandled(consumer, names);
      await untilSettled();
      assert.equal(consumer.runs.length, names.length, 'each event is handled once');
      assert.equal(
        new Set(consumer.runs.map(({ message }) => message.id)).size,
        names.length,
        'each event has an id of its own',
      );
      for (const { event, message } of consumer.runs) {
        assert.equal(message.type, 'Conformance.checked', `the type of ${event}`);
        assert.equal(message.headers['origin'], 'shop', `the header of ${event}`);
        if (names.indexOf(event) < 20) {
          assert.deepEqual(message.data, { event, text: 'Grüße, 世界', nested: [1, null, { deep: true }] });
        } else if (capabilities.order === 'perKey') {
          assert.equal(message.key, 'customer-7', `the key of ${event}`);
        }
      }
    },
  },
  {
    id: 'P2',
    name: 'a source brings what is published to its destination and nothing else',
    async run({ harness, publish, publishTo, consume, untilHandled }) {
      if (harness.other === undefined) return skip('the harness has one destination only');
      const other = await harness.other();
      const here = await consume({ name: 'here' });
      const there = await consume({ name: 'there', source: (settings) => other.source(settings) });
      await publish(named('a', 10));
      await publishTo(other, named('b', 10));
      await untilHandled(here, named('a', 10));
      await untilHandled(there, named('b', 10));
      assert.deepEqual([...here.handled].sort(), [...named('a', 10)].sort(), 'what the one source brings');
      assert.deepEqual([...there.handled].sort(), [...named('b', 10)].sort(), 'what the other one brings');
    },
  },
  {
    id: 'P3',
    name: 'consumers of one name together handle everything',
    async run({ publish, consumer, untilHandled, untilSettled, capabilities }) {
      if (capabilities.exclusive) return skip('it takes one consumer at a time');
      const names = named('a', 60);
      const consumers = [consumer(), consumer(), consumer()];
      await Promise.all(consumers.map((it) => it.consumer.start()));
      await publish(names);
      await untilHandled(consumers, names);
      await untilSettled();
      assert.equal(
        consumers.flatMap(({ handled }) => handled).length,
        names.length,
        'each event takes effect once',
      );
    },
  },
  {
    id: 'P4',
    name: 'consumers of different names each handle everything',
    async run({ publish, consume, untilHandled, capabilities, keepsNothing }) {
      if (capabilities.position === 'none' && !keepsNothing)
        return skip('it has one group of consumers: what one has settled is gone for all');
      if (capabilities.exclusive) return skip('it takes one consumer at a time');
      const names = named('a', 20);
      const billing = await consume({ name: 'billing' });
      const shipping = await consume({ name: 'shipping' });
      await publish(names);
      await untilHandled(billing, names);
      await untilHandled(shipping, names);
    },
  },
  {
    id: 'P25',
    name: 'trace and correlation headers arrive as they were sent',
    async run({ publish, consumeBacklog, untilHandled }) {
      const headers = {
        traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
        tracestate: 'vendor=opaque,other=1',
        baggage: 'tenant=7,plan=pro',
        'correlation-id': 'order-7',
      };
      const consumer = await consumeBacklog(() => publish(['traced'], { headers }));
      await untilHandled(consumer, ['traced']);
      for (const [name, value] of Object.entries(headers))
        assert.equal(consumer.runs[0]?.message.headers[name], value, `the header ${name}`);
    },
  },
];
