import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import type { CloudEventsOptions, WebhookVerdict } from '../../src/index.ts';
import { bearer, cloudEvents } from '../../src/index.ts';
import { context, request } from './support/requests.ts';

const token = 'a-token-of-some-length';
const authorization = `Bearer ${token}`;
const authorize = bearer({ tokens: ['another-token-of-old', token] });
const structured = 'application/cloudevents+json; charset=utf-8';
const batched = 'application/cloudevents-batch+json';

/** Without `authorization` for nobody in particular. */
function post(
  headers: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  options: Partial<CloudEventsOptions> = {},
): Promise<WebhookVerdict> {
  const verifier = cloudEvents({ authorize, ...options });
  return verifier.verify(request({ authorization, ...headers }, body), context());
}

/** As the published SDK sends it. */
function sent(mode: 'binary' | 'structured', event: CloudEvent<unknown>): Promise<WebhookVerdict> {
  const { headers, body } = HTTP[mode](event);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]);
  return post(Object.fromEntries(lower) as Record<string, string>, Buffer.from(body as string));
}

const fields = {
  id: 'A234',
  source: '/shop/orders',
  type: 'order.placed',
  time: '2026-05-01T10:00:00.000Z',
  subject: 'order-7',
};

const json = (changes: object = {}) =>
  JSON.stringify({ specversion: '1.0', ...fields, data: { order: 7 }, ...changes });

describe('what the published SDK sends', () => {
  test.each(['binary', 'structured'] as const)('in %s mode becomes an event', async (mode) => {
    const event = new CloudEvent({ ...fields, data: { order: 7 }, traceparent: '00-trace', retries: '3' });
    expect(await sent(mode, event)).toMatchObject({
      events: [
        {
          id: '/shop/orders A234',
          type: 'order.placed',
          data: { order: 7 },
          time: new Date(fields.time),
          headers: {
            'ce-id': 'A234',
            'ce-source': '/shop/orders',
            'ce-subject': 'order-7',
            'ce-retries': '3',
            traceparent: '00-trace',
          },
        },
      ],
    });
  });

  test('with bytes has bytes', async () => {
    const data = new Uint8Array([0, 255, 1]);
    const event = new CloudEvent({ ...fields, datacontenttype: 'application/octet-stream', data });
    for (const mode of ['binary', 'structured'] as const) {
      const verdict = await sent(mode, event);
      const got = 'events' in verdict ? verdict.events[0]?.data : undefined;
      expect(Buffer.from(got as Uint8Array).toString('hex'), mode).toBe('00ff01');
    }
  });

  test('with text has text', async () => {
    const event = new CloudEvent({ ...fields, datacontenttype: 'text/plain', data: 'Grüße' });
    for (const mode of ['binary', 'structured'] as const)
      expect(await sent(mode, event)).toMatchObject({ events: [{ data: 'Grüße' }] });
  });
});

describe('a batch', () => {
  test('is all of its events, each with its own bytes', async () => {
    const body = `[${json()},${json({ id: 'B', data: null })}]`;
    const verdict = await post({ 'content-type': batched }, body);
    expect(verdict).toMatchObject({
      events: [
        { id: '/shop/orders A234', data: { order: 7 }, raw: json() },
        { id: '/shop/orders B', data: null },
      ],
    });
  });

  test('may be empty', async () => {
    expect(await post({ 'content-type': batched }, '[]')).toEqual({ events: [] });
  });

  test('with one bad event is refused as a whole', async () => {
    expect(await post({ 'content-type': batched }, `[${json()},{}]`)).toEqual({
      refusal: { status: 400, code: 'no-specversion' },
    });
    expect(await post({ 'content-type': batched }, json())).toEqual({
      refusal: { status: 400, code: 'json' },
    });
  });

  test('that is too large is refused', async () => {
    const body = `[${Array.from({ length: 11 }, () => json()).join()}]`;
    expect(await post({ 'content-type': batched }, body, { maxBatch: 10 })).toEqual({
      refusal: { status: 413, code: 'batch-size' },
    });
  });
});

describe('attributes in headers', () => {
  const binary = (more: Record<string, string>) => ({
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': '/s',
    'ce-type': 't',
    'content-type': 'application/json',
    ...more,
  });

  test.each([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%e2%82%ac', '€'],
    ['"a \\"quoted\\" %25"', 'a "quoted" %'],
    ['100%', '100%'],
    ['%2520', '%20'],
    ['%41', 'A'],
  ])('%s is %s', async (header, value) => {
    expect(await post(binary({ 'ce-subject': header }), '{}')).toMatchObject({
      events: [{ headers: { 'ce-subject': value } }],
    });
  });

  test.each([
    ['ce-subject', '%C0%A0', 'percent-encoding'],
    ['ce-subject', '%FF', 'percent-encoding'],
    ['ce-subject', 'a%0D%0ASet-Cookie:%20x', 'attribute-value'],
    ['ce-id', '', 'no-id'],
    ['ce-source', '', 'no-source'],
    ['ce-source', 'a%20b', 'source'],
    ['ce-type', '', 'no-type'],
    ['ce-specversion', '0.3', 'specversion'],
    ['ce-time', 'yesterday', 'time'],
    ['ce-time', '2026-13-01T00:00:00Z', 'time'],
    ['ce-datacontenttype', 'text/plain', 'datacontenttype'],
    ['ce-__proto__', 'x', 'attribute-name'],
  ])('%s: %s is refused', async (name, value, code) => {
    expect(await post(binary({ [name]: value }), '{}')).toEqual({ refusal: { status: 400, code } });
  });

  test('with a body that is not what it says are an event that failed', async () => {
    expect(await post(binary({}), '{"a":')).toMatchObject({
      events: [{ id: '/s 1', type: 't', failure: { code: 'PUBSUB_PAYLOAD' } }],
    });
  });
});

describe('attributes in JSON', () => {
  test.each([
    [{ id: 7 }, 'no-id'],
    [{ source: undefined }, 'no-source'],
    [{ time: 5 }, 'time'],
    [{ subject: {} }, 'attribute-value'],
    [{ UPPER: 'x' }, 'attribute-name'],
    [{ subject: '\u0007' }, 'attribute-value'],
    [{ subject: '\ud800' }, 'attribute-value'],
    [{ data_base64: 'AAAA' }, 'data'],
  ])('%j is refused', async (changes, code) => {
    expect(await post({ 'content-type': structured }, json(changes))).toEqual({
      refusal: { status: 400, code },
    });
  });

  test('may be null, and is not there then', async () => {
    const verdict = await post({ 'content-type': structured }, json({ subject: null, extra: true }));
    expect(verdict).toMatchObject({ events: [{ headers: { 'ce-extra': true } }] });
    expect(JSON.stringify(verdict)).not.toContain('ce-subject');
  });

  test('data in Base64 that is said to be JSON is JSON; what is no Base64 fails', async () => {
    const of = (changes: object) =>
      post({ 'content-type': structured }, json({ data: undefined, ...changes }));
    const base64 = Buffer.from('{"a":1}').toString('base64');
    expect(await of({ data_base64: base64, datacontenttype: 'application/json' })).toMatchObject({
      events: [{ data: { a: 1 } }],
    });
    expect(await of({ data_base64: '!!' })).toMatchObject({
      events: [{ failure: { code: 'PUBSUB_PAYLOAD' } }],
    });
  });

  test.each(['', '{', '7', 'null', '[]', '"text"'])('%s is refused', async (body) => {
    expect(await post({ 'content-type': structured }, body)).toEqual({
      refusal: { status: 400, code: 'json' },
    });
  });
});

describe('who may send', () => {
  const event = json();
  const head = { 'content-type': structured };

  test('is who has one of the tokens', async () => {
    expect(await post(head, event)).toHaveProperty('events');
    expect(await post({ ...head, authorization: 'bearer another-token-of-old' }, event)).toHaveProperty(
      'events',
    );
    for (const wrong of [
      '',
      'Bearer',
      'Bearer wrong',
      `Basic ${token}`,
      `Bearer ${token}x`,
      `Bearer ${token} x`,
    ])
      expect(await post({ ...head, authorization: wrong }, event), wrong).toEqual({
        refusal: { status: 401, code: 'unauthorized' },
      });
  });

  test('may say so in the URL only where that is allowed', async () => {
    const at = (url: string, inQuery: boolean) =>
      cloudEvents({ authorize: bearer({ tokens: [token], inQuery }) }).verify(
        request(head, event, url),
        context(),
      );
    expect(await at(`/hooks?access_token=${token}`, true)).toHaveProperty('events');
    expect(await at(`/hooks?access_token=${token}`, false)).toHaveProperty('refusal');
    expect(await at('/hooks?access_token=other', true)).toHaveProperty('refusal');
  });

  test('is not somebody who names an origin that is not allowed', async () => {
    const handshake = { allowedOrigins: ['sender.example'] };
    const from = (origin: string) =>
      post({ ...head, 'webhook-request-origin': origin }, event, { handshake });
    expect(await from('sender.example')).toHaveProperty('events');
    expect(await from('other.example')).toEqual({ refusal: { status: 403, code: 'origin' } });
  });
});

describe('the handshake', () => {
  const ask = (headers: Record<string, string>, handshake: CloudEventsOptions['handshake']) =>
    cloudEvents({ authorize, ...(handshake && { handshake }) }).handshake?.(request(headers, ''));

  test('allows who is in the list, at the rate that is allowed', () => {
    const options = { allowedOrigins: ['Sender.example'], allowedRate: 120 };
    const from = { 'webhook-request-origin': 'sender.example', 'webhook-request-rate': '1000' };
    expect(ask(from, options)).toEqual({
      status: 200,
      headers: {
        allow: 'POST, OPTIONS',
        'webhook-allowed-origin': 'sender.example',
        'webhook-allowed-rate': '120',
      },
    });
    expect(ask({ ...from, 'webhook-request-rate': '60' }, options)?.headers?.['webhook-allowed-rate']).toBe(
      '60',
    );
    expect(
      ask({ ...from, 'webhook-request-rate': 'x\r\ny' }, options)?.headers?.['webhook-allowed-rate'],
    ).toBe('120');
  });

  test('grants nothing to others', () => {
    for (const headers of [{}, { 'webhook-request-origin': 'other.example' }]) {
      const reply = ask(headers, { allowedOrigins: ['sender.example'] });
      expect(reply?.status).toBe(403);
      expect(Object.keys(reply?.headers ?? {})).toEqual(['allow']);
    }
    expect(ask({ 'webhook-request-origin': 'a' }, undefined)).toBeUndefined();
  });

  test('may be for all', () => {
    expect(ask({ 'webhook-request-origin': 'any' }, { allowedOrigins: '*' })?.headers).toMatchObject({
      'webhook-allowed-origin': '*',
      'webhook-allowed-rate': '*',
    });
  });
});

test.each([
  ['application/cloudevents+avro', {}],
  ['application/cloudevents+json; charset=iso-8859-1', {}],
  ['application/json', {}],
  ['', {}],
])('the content type "%s" is refused before the body is read', (type, more) => {
  const refusal = cloudEvents({ authorize }).refuses(request({ 'content-type': type, ...more }, ''));
  expect(refusal).toEqual({ status: 415, code: 'content-type' });
});

test.each([
  {},
  { authorize: 'token' },
  { authorize, maxBatch: 0 },
  { authorize, handshake: { allowedOrigins: [] } },
  { authorize, handshake: { allowedOrigins: '*', allowedRate: 0.5 } },
])('options that make no sense are refused', (options) => {
  expect(() => cloudEvents(options as unknown as CloudEventsOptions)).toThrow(
    expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
  );
  expect(() => bearer({ tokens: ['short'] })).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
});
