import type { Incoming } from '@millrace/core';
import { isMillraceError, MillraceError, matchesPattern, toPosition } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { toIncoming } from '../../src/events/incoming.ts';
import type { EventOptions } from '../../src/events/options.ts';
import type { Arrival, EventData } from '../../src/transport.ts';

const orgId = '00D000000000001AAA';
const position = toPosition('b:17');

interface Received extends Partial<Omit<Arrival, 'data'>> {
  readonly channel: string;
  readonly data?: unknown;
}

function incoming({ data, ...rest }: Received, options: EventOptions = {}): Incoming {
  const arrival: Arrival = { cursor: '17', data: data as EventData, native: { data }, ...rest };
  return toIncoming(arrival, { channel: arrival.channel, position, orgId }, options);
}

function header(changes: Readonly<Record<string, unknown>> = {}) {
  return {
    entityName: 'Account',
    recordIds: ['001000000000001AAA'],
    changeType: 'UPDATE',
    changeOrigin: 'com/salesforce/api/rest/66.0',
    transactionKey: '000a50de-05dd-07c4-22fb-44b7f9e72ab5',
    sequenceNumber: 2,
    commitTimestamp: 1_767_225_600_000,
    commitNumber: 72_784_468_115,
    commitUser: '005000000000001AAA',
    nulledFields: [],
    diffFields: [],
    changedFields: ['Name', 'LastModifiedDate'],
    ...changes,
  };
}

function change(changes: Readonly<Record<string, unknown>> = {}, channel = '/data/AccountChangeEvent') {
  const payload = { ChangeEventHeader: header(changes), Name: 'Acme' };
  return { channel, data: { schema: 'schema-1', payload, event: { replayId: 17 } } };
}

function platformEvent(event: Readonly<Record<string, unknown>> = {}, channel = '/event/Order__e') {
  const payload = {
    CreatedDate: '2026-01-01T00:00:00.000Z',
    CreatedById: '005000000000001AAA',
    Number__c: 7,
  };
  return { channel, data: { schema: 'schema-1', payload, event: { replayId: 17, ...event } } };
}

function pushTopic(type: string, sobject: Readonly<Record<string, unknown>>) {
  const event = { createdDate: '2026-01-01T00:00:00.000Z', replayId: 17, type };
  return { channel: '/topic/Open', data: { event, sobject } };
}

const generic = {
  channel: '/u/notices/eu',
  data: { payload: 'Hello', event: { createdDate: '2026-01-01T00:00:00.000Z', replayId: 17 } },
};

const newYear = new Date('2026-01-01T00:00:00.000Z');
const headers = (entries: Readonly<Record<string, unknown>>): unknown =>
  Object.assign(Object.create(null) as object, entries);

describe('a platform event', () => {
  it('becomes an event with everything that Salesforce tells', () => {
    const received = platformEvent({ EventUuid: 'uuid-1' });
    const event = incoming(received);
    expect(event.raw).toBe(JSON.stringify(received.data));
    expect({ ...event }).toEqual({
      id: 'uuid-1',
      type: 'Order__e',
      data: received.data.payload,
      headers: headers({
        channel: '/event/Order__e',
        replayId: '17',
        schema: 'schema-1',
        eventUuid: 'uuid-1',
      }),
      failure: undefined,
      key: undefined,
      channel: '/event/Order__e',
      position,
      time: newYear,
      native: { data: received.data },
    });
    expect(Object.getPrototypeOf(event.headers)).toBeNull();
  });

  it('on a custom channel has the type that the event tells', () => {
    const received = platformEvent({ EventApiName: 'Order__e', EventUuid: 'uuid-1' }, '/event/Shop__chn');
    expect(incoming(received).type).toBe('Order__e');
  });

  it('without an EventUuid is told by org, channel and replay id', () => {
    const ids = [
      incoming(platformEvent()),
      incoming({ ...platformEvent(), cursor: '18' }),
      incoming(platformEvent({}, '/event/Refund__e')),
    ].map(({ id }) => id);
    expect(ids[0]).toBe('00D000000000001AAA/event/Order__e#17');
    expect(new Set(ids).size).toBe(3);
  });

  it('has the time of the Pub/Sub API too, which is milliseconds', () => {
    for (const CreatedDate of [1_767_225_600_000, 1_767_225_600_000n]) {
      const data = { payload: { CreatedDate }, event: {} };
      expect(incoming({ channel: '/event/Order__e', data }).time).toEqual(newYear);
    }
  });

  it.each(['yesterday', '7', '', null, true, Number.NaN, {}])(
    'with the date %j has no time',
    (CreatedDate) => {
      const data = { payload: { CreatedDate }, event: {} };
      const event = incoming({ channel: '/event/Order__e', data });
      expect(event).toMatchObject({ time: undefined, failure: undefined });
    },
  );
});

describe('a change event', () => {
  it('becomes an event with its header in the headers', () => {
    const received = change();
    expect(incoming(received)).toMatchObject({
      id: '000a50de-05dd-07c4-22fb-44b7f9e72ab5-2-Account',
      type: 'AccountChangeEvent.UPDATE',
      data: received.data.payload,
      headers: headers({
        channel: '/data/AccountChangeEvent',
        replayId: '17',
        schema: 'schema-1',
        entityName: 'Account',
        changeType: 'UPDATE',
        changeOrigin: 'com/salesforce/api/rest/66.0',
        recordIds: ['001000000000001AAA'],
        transactionKey: '000a50de-05dd-07c4-22fb-44b7f9e72ab5',
        sequenceNumber: 2,
        commitNumber: '72784468115',
        commitUser: '005000000000001AAA',
      }),
      time: newYear,
      failure: undefined,
    });
  });

  it.each([
    ['Account', 'CREATE', 'AccountChangeEvent.CREATE'],
    ['Thing__c', 'DELETE', 'Thing__ChangeEvent.DELETE'],
    ['acme__Thing__c', 'UNDELETE', 'acme__Thing__ChangeEvent.UNDELETE'],
    ['Account', 'GAP_CREATE', 'AccountChangeEvent.GAP_CREATE'],
    ['Thing__c', 'GAP_OVERFLOW', 'Thing__ChangeEvent.GAP_OVERFLOW'],
  ])('of %s with the change %s has the type %s, which patterns fit', (entityName, changeType, type) => {
    const event = incoming(change({ entityName, changeType }, '/data/ChangeEvents'));
    expect(event.type).toBe(type);
    expect(matchesPattern(`${type.split('.')[0]}.*`, event.type)).toBe(true);
    expect(matchesPattern('*.GAP_*', event.type)).toBe(changeType.startsWith('GAP_'));
  });

  it('is the same event on the channel of all changes, whatever its replay id there', () => {
    const ids = ['/data/AccountChangeEvent', '/data/ChangeEvents', '/data/Sync__chn'].map(
      (channel, index) => incoming({ ...change({}, channel), cursor: String(index) }).id,
    );
    expect(new Set(ids).size).toBe(1);
  });

  it('is another one with another transaction, place in it or object', () => {
    const ids = [{}, { transactionKey: 'other' }, { sequenceNumber: 3 }, { entityName: 'Contact' }].map(
      (changes) => incoming(change(changes)).id,
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('of a gap is told by its records too: all of a transaction may have the sequence number 1', () => {
    const gap = { changeType: 'GAP_UPDATE', sequenceNumber: 1 };
    const ids = [
      gap,
      gap,
      { ...gap, recordIds: ['001000000000002AAA'] },
      { ...gap, changeType: 'GAP_DELETE' },
    ].map((changes) => incoming(change(changes)).id);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(3);
  });

  it('of an overflow has no records', () => {
    const event = incoming(change({ changeType: 'GAP_OVERFLOW', recordIds: undefined }));
    expect(event.failure).toBeUndefined();
    expect(event.headers).not.toHaveProperty('recordIds');
  });

  it('carries integers that a double can not hold', () => {
    const event = incoming(
      change({ commitNumber: 9_007_199_254_740_993n, commitTimestamp: 1_767_225_600_000n }),
    );
    expect(event.headers['commitNumber']).toBe('9007199254740993');
    expect(event.time).toEqual(newYear);
    expect(event.raw).toContain('"commitNumber":"9007199254740993"');
  });
});

describe('a PushTopic event', () => {
  it('has its topic and what happened as its type', () => {
    const event = incoming(pushTopic('created', { Id: '001000000000001AAA', Name: 'Acme' }));
    expect(event).toMatchObject({
      id: '00D000000000001AAA/topic/Open#17',
      type: 'Open.created',
      data: { Id: '001000000000001AAA', Name: 'Acme' },
      headers: headers({
        channel: '/topic/Open',
        replayId: '17',
        changeType: 'created',
        recordIds: ['001000000000001AAA'],
      }),
      time: newYear,
    });
  });

  it('of a deleted record has only its id', () => {
    expect(incoming(pushTopic('deleted', { Id: '001000000000001AAA' }))).toMatchObject({
      type: 'Open.deleted',
      data: { Id: '001000000000001AAA' },
      failure: undefined,
    });
  });
});

describe('a generic event', () => {
  it('has the name of its channel as its type and its text as its data', () => {
    expect(incoming(generic)).toMatchObject({
      id: '00D000000000001AAA/u/notices/eu#17',
      type: 'notices/eu',
      data: 'Hello',
      time: newYear,
      failure: undefined,
    });
  });

  it('may be empty, which is still an event', () => {
    expect(incoming({ ...generic, data: { ...generic.data, payload: '' } })).toMatchObject({
      data: '',
      failure: undefined,
    });
  });
});

describe('what is no event', () => {
  it.each<[string, Received]>([
    ['no data', { channel: '/event/Order__e' }],
    ['data that is null', { channel: '/data/ChangeEvents', data: null }],
    ['data that is a text', { channel: '/topic/Open', data: 'garbage' }],
    ['data that is a list', { channel: '/u/notices', data: [1, 2] }],
    ['a platform event without a payload', { channel: '/event/Order__e', data: { event: { replayId: 17 } } }],
    ['a platform event whose payload is a text', { channel: '/event/Order__e', data: { payload: 'x' } }],
    ['a platform event whose payload is a list', { channel: '/event/Order__e', data: { payload: [] } }],
    ['a change without a header', { channel: '/data/ChangeEvents', data: { payload: { Name: 'Acme' } } }],
    [
      'a change whose header is a list',
      { channel: '/data/ChangeEvents', data: { payload: { ChangeEventHeader: [] } } },
    ],
    ['a change of no object', change({ entityName: undefined })],
    ['a change of no kind', change({ changeType: '' })],
    ['a change without a transaction', change({ transactionKey: undefined })],
    ['a change without a place in its transaction', change({ sequenceNumber: '2' })],
    ['a PushTopic event without a record', { channel: '/topic/Open', data: { event: { type: 'created' } } }],
    ['a PushTopic event of no kind', { channel: '/topic/Open', data: { event: {}, sobject: { Id: '1' } } }],
    ['a generic event without a payload', { channel: '/u/notices', data: { event: { replayId: 17 } } }],
    ['something on a channel of no known kind', { channel: '/other/One', data: { payload: {} } }],
  ])('fails as SALESFORCE_EVENT_INVALID and keeps what came: %s', (_, received) => {
    const event = incoming(received);
    expect(isMillraceError(event.failure, 'SALESFORCE_EVENT_INVALID')).toBe(true);
    expect(event.failure?.message).toContain(`Event 17 of ${received.channel} is none: `);
    expect(event).toMatchObject({ id: `00D000000000001AAA${received.channel}#17`, position });
    expect(event.raw).toContain(JSON.stringify(received.data ?? {}).slice(1, -1));
  });

  it('keeps type and id where they can be told, for whoever mends it', () => {
    const data = { event: { replayId: 17, EventUuid: 'uuid-1' } };
    expect(incoming({ channel: '/event/Order__e', data })).toMatchObject({ id: 'uuid-1', type: 'Order__e' });
  });
});

describe('what the transport could not decode', () => {
  const failure = new Error('Schema s-1 has other fields.');
  const native = { event: { payload: Buffer.from([0, 255]), schema_id: 's-1' } };

  it("fails with the transport's reason and keeps the bytes", () => {
    const event = incoming({ channel: '/event/Order__e', data: { event: {} }, failure, native });
    expect(isMillraceError(event.failure, 'PAYLOAD_UNDECODABLE')).toBe(true);
    expect(event.failure?.message).toBe(
      "Event 17 of /event/Order__e can't be decoded: Schema s-1 has other fields.",
    );
    expect(event.failure?.cause).toBe(failure);
    expect(event.raw).toBe('{"event":{"payload":"AP8=","schema_id":"s-1"}}');
  });

  it('keeps an error with a code as it is', () => {
    const coded = new MillraceError('SALESFORCE_RESPONSE_INVALID', 'No schema.');
    expect(incoming({ ...platformEvent(), failure: coded }).failure).toBe(coded);
  });

  it('fails even when the rest looks like an event, and is not shown to `decode`', () => {
    const decode = () => ({ id: 'decoded' });
    const event = incoming({ ...platformEvent({ EventUuid: 'uuid-1' }), failure }, { decode });
    expect(event).toMatchObject({ id: 'uuid-1', failure: { code: 'PAYLOAD_UNDECODABLE' } });
  });
});

describe('raw', () => {
  it('is made when it is asked for, not before', () => {
    let read = 0;
    const payload = {
      toJSON() {
        read += 1;
        return {};
      },
    };
    const event = incoming({ channel: '/event/Order__e', data: { payload } });
    expect(read).toBe(0);
    expect(event.raw).toBe('{"payload":{}}');
    expect(read).toBe(1);
  });

  it('is there even of what JSON has no way to write', () => {
    const payload: Record<string, unknown> = { note: 'kept' };
    payload['self'] = payload;
    expect(incoming({ channel: '/event/Order__e', data: { payload } }).raw).toContain("note: 'kept'");
  });
});
