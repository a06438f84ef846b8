import type { Headers } from '@millrace/core';
import { describe, expect, test } from 'vitest';
import { encodeEventFacts, eventFacts } from '../../src/wire/event-facts.ts';
import { encodeNotifyTrace } from '../../src/wire/tracing.ts';

function headersOf(entries: Record<string, Headers[string]>): Headers {
  const headers: Record<string, Headers[string]> = Object.create(null);
  return Object.assign(headers, entries);
}

describe('facts of an event', () => {
  test('come back as they were', () => {
    const facts = {
      id: 'order-7',
      key: 'customer-1',
      time: new Date(1_700_000_000_123),
      headers: headersOf({
        a: 'text',
        b: 1.5,
        c: true,
        d: null,
        e: Buffer.from([0, 255]),
        f: ['x', [2]],
        __proto: '',
      }),
      sequence: 41,
    };
    expect(eventFacts(encodeEventFacts(facts))).toEqual(facts);
    expect(eventFacts(encodeEventFacts({}))).toEqual({});
  });

  test('a header may carry any name', () => {
    const headers = headersOf({ 'to-string': '', constructor: 'x', ['__proto__']: 'y' });
    Object.defineProperty(headers, '__proto__', { value: 'y', enumerable: true });
    const read = eventFacts(encodeEventFacts({ headers }))?.headers ?? {};
    expect(Object.entries(read)).toEqual(Object.entries(headers));
  });

  test('are not found in what others put there', () => {
    const trace = encodeNotifyTrace({ truncated: false, entries: [], received: 0n, sent: 0n });
    for (const tracing of [Buffer.alloc(0), Buffer.from('{"id":"x"}'), trace]) {
      expect(eventFacts(tracing)).toBeUndefined();
    }
  });

  test('what is not of its type is left out', () => {
    const tracing = (json: string) => Buffer.concat([encodeEventFacts({}).subarray(0, 4), Buffer.from(json)]);
    expect(
      eventFacts(tracing('{"id":7,"key":"k","time":1e99,"sequence":1.5,"headers":[["a",{}],["b","c"],3]}')),
    ).toEqual({
      key: 'k',
      headers: headersOf({ b: 'c' }),
    });
    for (const garbage of ['', '{', 'null', '"text"', '7'])
      expect(eventFacts(tracing(garbage))).toBeUndefined();
    const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
    expect(eventFacts(tracing(`{"headers":[["a",${deep}]]}`))).toEqual({ headers: headersOf({}) });
  });

  test('bytes changed anywhere never throw', () => {
    const bytes = encodeEventFacts({ id: 'order-7', headers: headersOf({ a: [1, null, Buffer.from('x')] }) });
    for (let index = 0; index < bytes.length; index += 1) {
      for (const byte of [0x00, 0x22, 0x2c, 0x5b, 0x7d, 0xff]) {
        const changed = Buffer.from(bytes);
        changed[index] = byte;
        expect(() => [eventFacts(changed), eventFacts(bytes.subarray(0, index))]).not.toThrow();
      }
    }
  });
});
