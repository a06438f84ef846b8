import { toPosition } from '@millrace/core';
import { describe, expect, it } from 'vitest';
import type { RecordedEvent } from '../../src/client.ts';
import type { OrderKey } from '../../src/events/received-event.ts';
import { ReceivedEvent } from '../../src/events/received-event.ts';

const recorded: RecordedEvent = {
  streamId: 'order-1',
  id: 'c0ffee00-0000-4000-8000-000000000001',
  revision: 3n,
  type: 'OrderPlaced',
  isJson: true,
  data: { total: 7 },
  metadata: undefined,
  created: new Date('2026-01-01T00:00:00Z'),
};

function received(
  fields: Partial<RecordedEvent>,
  order: 'stream' | OrderKey = 'stream',
  link?: RecordedEvent,
) {
  const event = { ...recorded, ...fields };
  return new ReceivedEvent({ event, link }, event, { channel: 'orders', position: toPosition('r:3'), order });
}

describe('an event of the database', () => {
  it('keeps what the database knows of it', () => {
    expect(received({})).toMatchObject({
      id: recorded.id,
      type: 'OrderPlaced',
      data: { total: 7 },
      raw: '{"total":7}',
      key: 'order-1',
      channel: 'orders',
      position: 'r:3',
      time: recorded.created,
      failure: undefined,
    });
  });

  it('has its metadata and where it comes from as headers', () => {
    const bytes = new Uint8Array([1, 2]);
    const metadata = {
      $correlationId: 'c',
      tries: 2,
      tags: ['a', 'b'],
      nested: { a: 1 },
      mixed: [{ a: 1 }],
      none: null,
    };
    const link = { ...recorded, streamId: '$ce-order', revision: 40n };
    expect({ ...received({ metadata }, 'stream', link).headers }).toEqual({
      $correlationId: 'c',
      tries: 2,
      tags: ['a', 'b'],
      nested: '{"a":1}',
      mixed: '[{"a":1}]',
      none: null,
      'eventstore.stream': 'order-1',
      'eventstore.revision': '3',
      'eventstore.link.stream': '$ce-order',
      'eventstore.link.revision': '40',
    });
    expect(received({ metadata: bytes }).headers['eventstore.metadata']).toBe(bytes);
    expect(Object.getPrototypeOf(received({ metadata }).headers)).toBeNull();
  });

  it('with bytes as payload keeps the bytes', () => {
    const data = new Uint8Array([1, 2, 3]);
    const event = received({ isJson: false, data });
    expect(event.data).toBe(data);
    expect(event.raw).toBe(data);
    expect(event.failure).toBeUndefined();
  });

  it('with JSON that is none fails, and keeps the text', () => {
    const event = received({ data: '{"total":' });
    expect(event.failure?.code).toBe('PAYLOAD_UNDECODABLE');
    expect(event.failure?.message).toBe(
      'Event 3 of "order-1" can\'t be decoded: it is said to be JSON and is none.',
    );
    expect(event.raw).toBe('{"total":');
  });

  it('with an empty payload has no data', () => {
    const event = received({ data: '' });
    expect(event.failure).toBeUndefined();
    expect(event.data).toBeUndefined();
    expect(event.raw).toBe('');
  });

  it('with a JSON string that is JSON itself is read', () => {
    const event = received({ data: '12' });
    expect(event.failure).toBeUndefined();
    expect(event.raw).toBe('"12"');
  });
});

describe('the order of events', () => {
  it('is that of a key of the user, or none', () => {
    expect(received({}, ({ data }) => String((data as { total: number }).total)).key).toBe('7');
    expect(received({}, () => undefined).key).toBeUndefined();
  });

  it('fails the event where the function does', () => {
    const event = received({}, () => {
      throw new Error('no customer');
    });
    expect(event.failure).toMatchObject({ code: 'PAYLOAD_UNDECODABLE', cause: { message: 'no customer' } });
  });
});
