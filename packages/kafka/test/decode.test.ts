import { describe, expect, it } from 'vitest';
import type { KafkaRecord } from '../src/index.ts';
import type { DecodeSettings } from '../src/decode/options.ts';
import { LastText } from '../src/decode/last-text.ts';
import { ReceivedRecord } from '../src/decode/received-record.ts';
import { createLot } from '../src/session/lot.ts';

const lot = createLot({ topic: 'orders', partition: 3 });
const defaults: DecodeSettings = {
  eventHeader: 'event',
  idHeader: 'event-id',
  eventFrom: undefined,
  format: 'json',
};

const eventNames = new LastText();

function read(record: Partial<KafkaRecord>, settings: Partial<DecodeSettings> = {}): ReceivedRecord {
  const whole: KafkaRecord = {
    offset: '42',
    key: null,
    value: null,
    timestamp: 1_700_000_000_000,
    headers: undefined,
    size: 0,
    native: 'native',
  };
  return new ReceivedRecord({ ...whole, ...record }, lot, { ...defaults, ...settings }, eventNames);
}

describe('a record becomes an event', () => {
  it('named by its topic and identified by its place, when it says nothing else', () => {
    expect(read({ value: Buffer.from('{"a":1}'), key: Buffer.from('k') })).toMatchObject({
      id: 'orders[3]@42',
      type: 'orders',
      data: { a: 1 },
      key: 'k',
      channel: 'orders[3]',
      position: '42',
      time: new Date(1_700_000_000_000),
      failure: undefined,
    });
  });

  it('with name and id of its headers', () => {
    const headers = { event: Buffer.from('Paid'), 'event-id': Buffer.from('7') };
    expect(read({ headers })).toMatchObject({ id: '7', type: 'Paid', data: null });
  });

  it('each with its own name, whatever the one before had', () => {
    const bytes = (text: string) => Buffer.from(text);
    const named = ['Paid', 'Paid', 'Sent', 'Paid', 'Paid2', '', 'Größe', 'Grüße'].map(bytes);
    const types = named.map((event) => read({ headers: { event } }).type);
    expect(types).toEqual(['Paid', 'Paid', 'Sent', 'Paid', 'Paid2', 'orders', 'Größe', 'Grüße']);
    const noText = Buffer.from([0xff, 0x50]);
    for (const event of [noText, noText]) {
      expect(read({ headers: { event } })).toMatchObject({ type: 'orders', headers: { event: noText } });
    }
    expect(read({ headers: { event: [bytes('Old'), bytes('Paid')] } }).type).toBe('Paid');
  });

  it('of CloudEvents', () => {
    const headers = {
      ce_specversion: Buffer.from('1.0'),
      ce_type: Buffer.from('com.shop.paid'),
      ce_source: Buffer.from('/shop'),
      ce_id: Buffer.from('7'),
      ce_time: Buffer.from('2026-01-02T03:04:05Z'),
    };
    expect(read({ headers })).toMatchObject({
      id: '/shop#7',
      type: 'com.shop.paid',
      time: new Date('2026-01-02T03:04:05Z'),
    });
  });

  it('named by its payload', () => {
    const value = Buffer.from('{"detail":{"type":"Paid"}}');
    expect(read({ value }, { eventFrom: 'detail.type' }).type).toBe('Paid');
    expect(read({ value }, { eventFrom: (_payload, topic) => `of ${topic}` }).type).toBe('of orders');
    expect(read({ value }, { eventFrom: 'no.such' }).type).toBe('orders');
  });
});

describe('headers', () => {
  it('are text where they can be, bytes where not, and lists where one name comes twice', () => {
    const headers = {
      text: Buffer.from('Grüße'),
      bytes: Buffer.from([0xff, 0xfe]),
      twice: [Buffer.from('a'), Buffer.from('b')],
      __proto__: null,
      nothing: undefined,
    };
    const read_ = read({ headers }).headers;
    expect(read_['text']).toBe('Grüße');
    expect(read_['bytes']).toEqual(Buffer.from([0xff, 0xfe]));
    expect(read_['twice']).toEqual(['a', 'b']);
    expect(Object.keys(read_)).toEqual(['text', 'bytes', 'twice']);
    expect(Object.getPrototypeOf(read_)).toBeNull();
  });

  it('that are no text do not name an event', () => {
    const headers = { event: Buffer.from([0xff]), 'event-id': Buffer.from('') };
    expect(read({ headers })).toMatchObject({ type: 'orders', id: 'orders[3]@42' });
  });
});

describe('keys', () => {
  it.each([
    [null, undefined],
    [Buffer.from(''), ''],
    [Buffer.from('Grüße'), 'Grüße'],
    [Buffer.from([0xff, 0x01]), '0xff01'],
  ])('%o: %s', (key, text) => {
    expect(read({ key }).key).toBe(text);
  });
});

describe('payloads', () => {
  it('that are null are tombstones in every format', () => {
    for (const format of ['json', 'text', 'bytes'] as const) {
      expect(read({ value: null }, { format })).toMatchObject({ data: null, raw: '', failure: undefined });
    }
  });

  it('are text and bytes by choice', () => {
    const value = Buffer.from('{"a"');
    expect(read({ value }, { format: 'text' }).data).toBe('{"a"');
    expect(read({ value }, { format: 'bytes' }).data).toEqual(value);
  });

  it.each([
    [Buffer.from(''), 'empty'],
    [Buffer.from('{"secret": '), 'not JSON'],
    [Buffer.from([0x22, 0xff, 0x22]), 'not text in UTF-8'],
  ])('%o is a failure that does not quote it', (value, problem) => {
    const { failure, raw } = read({ value });
    expect(failure).toMatchObject({ code: 'PAYLOAD_UNDECODABLE', message: expect.stringContaining(problem) });
    expect(failure?.message).not.toContain('secret');
    expect(raw).toEqual(value);
  });

  it('have no key that could change a prototype', () => {
    const value = Buffer.from('{"__proto__": {"admin": true}, "a": 1}');
    expect(Object.keys(read({ value }).data as object)).toEqual(['a']);
  });

  it('on which `eventFrom` throws are a failure', () => {
    const eventFrom = () => {
      throw new Error('no');
    };
    expect(read({ value: Buffer.from('1') }, { eventFrom }).failure?.message).toContain('`eventFrom` threw');
  });
});
