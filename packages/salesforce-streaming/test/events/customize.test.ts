import type { Incoming } from '@millrace/core';
import { isMillraceError, toPosition } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import { toIncoming } from '../../src/events/incoming.ts';
import type { DecodedEvent, EventOptions } from '../../src/events/options.ts';
import { publishedAt } from '../../src/events/read-event.ts';

const data = {
  schema: 'schema-1',
  payload: { CreatedDate: '2026-01-01T00:00:00.000Z', Body__c: '{"order":7}' },
  event: { replayId: 17, EventUuid: 'uuid-1' },
};

function incoming(options: EventOptions): Incoming {
  const arrival = { channel: '/event/Order__e', cursor: '17', data, native: {} };
  return toIncoming(
    arrival,
    { channel: arrival.channel, position: toPosition('b:17'), orgId: '00D' },
    options,
  );
}

describe('`decode`', () => {
  it('is shown the event as it is read otherwise', () => {
    const seen: unknown[] = [];
    incoming({ decode: (event) => void seen.push(event) });
    expect(seen).toMatchObject([
      {
        channel: '/event/Order__e',
        type: 'Order__e',
        id: 'uuid-1',
        data: data.payload,
        time: new Date('2026-01-01T00:00:00.000Z'),
        envelope: data,
      },
    ]);
  });

  it('may say all of an event anew, and adds headers', () => {
    const time = new Date('2025-01-01T00:00:00.000Z');
    const event = incoming({
      decode: ({ data: fields }) => {
        const body: unknown = JSON.parse((fields as typeof data.payload).Body__c);
        return {
          type: 'OrderPlaced',
          id: 'order-7',
          data: body,
          key: 'customer-1',
          time,
          headers: { tenant: 'acme' },
        };
      },
    });
    expect(event).toMatchObject({
      type: 'OrderPlaced',
      id: 'order-7',
      data: { order: 7 },
      key: 'customer-1',
      time,
      headers: { replayId: '17', tenant: 'acme' },
      failure: undefined,
      raw: JSON.stringify(data),
    });
  });

  it('leaves what it does not speak of', () => {
    const plain = { ...incoming({}), key: '/event/Order__e' };
    expect(incoming({ decode: () => undefined })).toEqual(plain);
    expect(incoming({ decode: () => ({}) })).toEqual(plain);
    expect(incoming({ decode: () => ({ type: undefined, id: undefined, time: undefined }) })).toEqual(plain);
  });

  it('does not change when Salesforce published the event', () => {
    const arrival = { channel: '/event/Order__e', cursor: '17', data, native: {} };
    expect(publishedAt(arrival)).toEqual(new Date('2026-01-01T00:00:00.000Z'));
    expect(publishedAt({ ...arrival, channel: '/data/ChangeEvents' })).toBeUndefined();
  });

  it('may say that there is no data', () => {
    expect(incoming({ decode: () => ({ data: undefined }) }).data).toBeUndefined();
  });

  it('that throws makes the event undecodable, with what was read of it kept', () => {
    const cause = new SyntaxError('Unexpected token');
    const event = incoming({
      decode: () => {
        throw cause;
      },
    });
    expect(isMillraceError(event.failure, 'PAYLOAD_UNDECODABLE')).toBe(true);
    expect(event.failure).toMatchObject({
      message: "Event 17 of /event/Order__e can't be decoded: `decode` or `order` failed on it.",
      cause,
    });
    expect(event).toMatchObject({
      type: 'Order__e',
      id: 'uuid-1',
      data: data.payload,
      raw: JSON.stringify(data),
    });
  });

  it.each<[string, unknown]>([
    ['a promise', Promise.resolve({ type: 'Late' })],
    ['a text', 'OrderPlaced'],
    ['null', null],
    ['a type that is no text', { type: 7 }],
    ['an id that is no text', { id: 7 }],
    ['an empty id, which all such events would share', { id: '' }],
    ['a key that is no text', { key: 7 }],
    ['a time that is no Date', { time: '2026-01-01' }],
    ['a time that is no time', { time: new Date('never') }],
  ])('that gives %s makes the event undecodable', (_, given) => {
    const event = incoming({ decode: () => given as DecodedEvent });
    expect(event.failure).toMatchObject({ code: 'PAYLOAD_UNDECODABLE', cause: expect.any(TypeError) });
    expect(event.id).toBe('uuid-1');
  });
});

describe('`order`', () => {
  it('gives no keys by default: channels are kept in order as a whole', () => {
    expect(incoming({}).key).toBeUndefined();
    expect(incoming({ order: 'channel' }).key).toBeUndefined();
  });

  it('keeps a channel in order where `decode` could give keys and does not', () => {
    const keys = [undefined, {}, { type: 'Other' }].map((said) => incoming({ decode: () => said }).key);
    expect(keys).toEqual(Array(3).fill('/event/Order__e'));
  });

  it('gives the keys that a function makes of the decoded event', () => {
    const decode = () => ({ data: { customer: 'c-1' } });
    const order: EventOptions['order'] = ({ data: decoded }) => (decoded as { customer: string }).customer;
    expect(incoming({ decode, order }).key).toBe('c-1');
  });

  it('may give none, and is not asked where `decode` gave one', () => {
    expect(incoming({ order: () => undefined }).key).toBeUndefined();
    expect(incoming({ order: () => 'by order', decode: () => ({ key: 'by decode' }) }).key).toBe('by decode');
  });

  it.each<[string, () => string]>([
    ['throws', () => (undefined as unknown as { id: string }).id],
    ['gives no text', () => 7 as unknown as string],
  ])('that %s makes the event undecodable', (_, order) => {
    expect(incoming({ order }).failure).toMatchObject({ code: 'PAYLOAD_UNDECODABLE' });
  });
});
