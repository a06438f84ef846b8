import avsc from 'avsc';
import { expect, test } from 'vitest';
import { recordTypeOf } from '../../src/pubsub/avro.ts';
import { decode } from '../../src/pubsub/decode.ts';

const schema = JSON.stringify({
  type: 'record',
  name: 'OrderChangeEvent',
  fields: [
    {
      name: 'ChangeEventHeader',
      type: {
        type: 'record',
        name: 'ChangeEventHeader',
        fields: [{ name: 'changedFields', type: { type: 'array', items: 'string' } }],
      },
    },
    { name: 'Total__c', type: ['null', 'double'] },
  ],
});
const type = recordTypeOf(schema);
const replayId = Buffer.from('00000000000000070000', 'hex');

function received(payload: Buffer) {
  return { event: { id: 'a-uuid', schemaId: 'a-schema', payload }, replayId };
}

function encoded(changedFields: readonly string[]): Buffer {
  return avsc.Type.forSchema(JSON.parse(schema) as avsc.Schema).toBuffer({
    ChangeEventHeader: { changedFields },
    Total__c: 2,
  });
}

test('a payload that is cut short, or too long, is not lost', () => {
  const whole = encoded([]);
  for (const payload of [whole.subarray(0, -1), Buffer.concat([whole, whole]), Buffer.alloc(0)]) {
    const arrival = decode(received(payload), '/data/OrderChangeEvent', type);
    expect(arrival.failure).toMatchObject({ code: 'SALESFORCE_EVENT_INVALID' });
    expect(arrival.cursor).toBe(replayId.toString('base64url'));
    expect(arrival.data).toMatchObject({ schema: 'a-schema', event: { EventUuid: 'a-uuid' } });
    expect(arrival.native).toMatchObject({ event: { payload } });
  }
});

test('a message without an event is not lost either', () => {
  const arrival = decode({ event: null, replayId }, '/event/Order__e', type);
  expect(arrival.failure).toMatchObject({ code: 'SALESFORCE_EVENT_INVALID' });
  expect(arrival.data.event).toEqual({ replayId: arrival.cursor });
});

test('bitmaps that fit no field are a failure, with all that could be read', () => {
  const arrival = decode(received(encoded(['0x80'])), '/data/OrderChangeEvent', type);
  expect(arrival.failure).toMatchObject({
    code: 'SALESFORCE_EVENT_INVALID',
    cause: { message: expect.stringContaining('field 7') },
  });
  expect(arrival.data.payload).toMatchObject({ Total__c: 2, ChangeEventHeader: { changedFields: ['0x80'] } });
});

test.each(['"string"', '{}', '{"type":"record"}', 'no JSON', ''])('%s is no schema of an event', (text) => {
  expect(() => recordTypeOf(text)).toThrow(/JSON|schema|type|token|record/i);
});
