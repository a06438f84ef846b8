import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Check, VerifyContext } from '@millrace/core';
import { isMillraceError, silentLogger } from '@millrace/core';
import { CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, test } from 'vitest';
import { post as raw, rawClient } from '../listener/support.ts';
import type { WebhookOptions } from '../../src/index.ts';
import {
  bearer,
  cloudEvents,
  createListener,
  custom,
  memoryAcceptStore,
  snsWebhook,
  standardWebhooks,
  webhook,
} from '../../src/index.ts';
import { eventually } from '../websocket/support/eventually.ts';
import { receiver } from './support/receiver.ts';
import { topicArn } from './support/sns-sender.ts';
import { secret, signedHeaders } from './support/standard-sender.ts';

const body = '{"type":"contact.created","data":{"card":"4111-1111"}}';
const token = 'a-token-of-some-length';
const authorization = `Bearer ${token}`;
const forCloudEvents = { verifier: cloudEvents({ authorize: bearer({ tokens: [token] }) }) };

describe('a webhook that is genuine', () => {
  test('is answered when it is settled, and handled once however often it comes', async () => {
    const { post, handled, details } = await receiver();
    const now = Date.now();
    for (let times = 0; times < 3; times += 1) {
      const reply = await post(signedHeaders(body, { at: new Date(now - times * 1_000) }), body);
      expect(reply.status).toBe(204);
    }
    expect(handled).toEqual(['msg_1']);
    expect(details()).toMatchObject({ settled: 3, path: '/hooks', ackMode: 'settled', pending: 0 });
  });

  test('has the headers of its trace, those that were asked for, and no credentials', async () => {
    const seen: unknown[] = [];
    const { post } = await receiver({
      handle: ({ headers }) => void seen.push({ ...headers }),
      webhook: { headers: ['X-Tenant'] },
    });
    const headers = { traceparent: '00-1', 'x-tenant': '7', 'x-other': '8', authorization, cookie: 'a=b' };
    await post({ ...signedHeaders(body), ...headers }, body);
    expect(seen).toEqual([
      {
        traceparent: '00-1',
        'x-tenant': '7',
        'webhook-id': 'msg_1',
        'webhook-timestamp': expect.any(String),
      },
    ]);
  });

  test('that a handler fails on comes again when the reply says, until it is given up on', async () => {
    const { post, handled, consumer } = await receiver({
      retry: { attempts: 3, delay: 1_500, factor: 1 },
      handle: () => Promise.reject(new Error('never')),
    });
    const replies: Response[] = [];
    for (let times = 0; times < 3; times += 1) replies.push(await post(signedHeaders(body), body));
    expect(replies.map(({ status }) => status)).toEqual([503, 503, 204]);
    expect(Number(replies[0]?.headers.get('retry-after'))).toBeOneOf([1, 2]);
    expect(handled).toHaveLength(3);
    const { letters } = await consumer.deadLetters.list();
    expect(letters).toMatchObject([{ reason: 'exhausted', attempts: 3 }]);
    expect(Buffer.from(letters[0]?.message.raw ?? '').toString()).toBe(body);
  });

  test('that can not be read is a dead letter, and need not come again', async () => {
    const { post, consumer } = await receiver();
    expect((await post(signedHeaders('{"type":'), '{"type":')).status).toBe(204);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([{ reason: 'undecodable' }]);
  });

  test('whose handler is slow is asked for again, and not handled twice', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, handled } = await receiver({
      handle: () => gate.promise,
      webhook: { handlerTimeout: 50 },
    });
    const first = await post(signedHeaders(body), body);
    expect([first.status, first.headers.get('retry-after'), await first.text()]).toEqual([503, '5', 'slow']);
    expect((await post(signedHeaders(body), body)).status).toBe(503);
    gate.resolve();
    await eventually(async () => expect((await post(signedHeaders(body), body)).status).toBe(204));
    expect(handled).toEqual(['msg_1']);
  });

  test('for which there is no room is asked for later, before its body is read', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, handled, details } = await receiver({
      handle: () => gate.promise,
      webhook: { concurrency: 1, prefetch: 0, maxWaiting: 1 },
    });
    const at = (id: string) => post(signedHeaders(body, { id }), body);
    const first = at('msg_1');
    await eventually(() => expect(handled).toEqual(['msg_1']));
    const second = at('msg_2');
    await eventually(() => expect(details()).toMatchObject({ pending: 2 }));
    const third = await at('msg_3');
    expect([third.status, await third.text()]).toEqual([503, 'full']);
    gate.resolve();
    expect([(await first).status, (await second).status]).toEqual([204, 204]);
    expect((await at('msg_3')).status).toBe(204);
  });

  test('that waits while the consumer stops is given back', async () => {
    const { post, consumer, handled } = await receiver({
      handle: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', reject)),
      drainTimeout: 50,
    });
    const waiting = post(signedHeaders(body), body);
    await eventually(() => expect(handled).toEqual(['msg_1']));
    await consumer.stop();
    expect((await waiting).status).toBe(503);
    const late = await post(signedHeaders(body), body);
    expect([late.status, late.headers.get('retry-after')]).toEqual([503, '5']);
  });

  test('while the consumer drains is asked for later at once', async () => {
    const gate = Promise.withResolvers<void>();
    const { post, consumer, handled } = await receiver({ handle: () => gate.promise, drainTimeout: 20_000 });
    const running = post(signedHeaders(body), body);
    await eventually(() => expect(handled).toEqual(['msg_1']));
    const stopped = consumer.stop();
    const late = await post(signedHeaders(body, { id: 'msg_2' }), body);
    expect([late.status, await late.text()]).toEqual([503, 'stopping']);
    gate.resolve();
    await stopped;
    expect((await running).status).toBe(204);
  });
});

describe('a request that can never succeed', () => {
  test.each([
    ['a wrong signature', 401, { ...signedHeaders(body, { id: 'other' }), 'webhook-id': 'msg_1' }, body],
    ['no signature', 401, { 'content-type': 'application/json' }, body],
    ['a wrong content type', 415, { ...signedHeaders(body), 'content-type': 'text/xml' }, body],
    ['a body that is too large', 413, signedHeaders('x'.repeat(5_000)), 'x'.repeat(5_000)],
    ['a body that is packed', 415, { ...signedHeaders(body), 'content-encoding': 'gzip' }, gzipSync('x')],
  ])('with %s', async (_, status, headers, bytes) => {
    const { post, lines, handled } = await receiver({ webhook: { maxBody: 4_096 } });
    const reply = await post(headers, bytes);
    expect(reply.status).toBe(status);
    const text = `${await reply.text()}${lines.join()}${JSON.stringify([...reply.headers])}`;
    expect(text).not.toMatch(/4111|contact|v1,|msg_1/);
    expect(text).not.toContain(secret);
    expect(handled).toEqual([]);
  });

  test('goes nowhere, or by another method', async () => {
    const { url, post } = await receiver();
    expect((await fetch(`${url}/other`, { method: 'POST', body })).status).toBe(404);
    expect((await fetch(url)).status).toBe(405);
    expect((await fetch(url, { method: 'OPTIONS' })).status).toBe(405);
    expect((await post(signedHeaders(body), body)).status).toBe(204);
  });

  test('is counted by what was wrong', async () => {
    const { post, details } = await receiver();
    await post({ ...signedHeaders(body), 'webhook-id': 'other' }, body);
    await post({}, body);
    expect(details()).toMatchObject({ refused: { signature: 1, unsigned: 1 } });
  });

  test('is logged, and a flood of them is not', async () => {
    const { post, lines } = await receiver();
    for (let times = 0; times < 20; times += 1) await post({}, body);
    expect(lines.filter((line) => line.includes('was refused'))).toEqual([
      expect.stringContaining('"code":"unsigned"'),
    ]);
  });

  test('without a length is cut off at the limit; one that drips is let go', async () => {
    const listener = createListener({ port: 0, limits: { bodyTimeout: 100, bodyGrace: 100 } });
    const { handled } = await receiver({ listener, webhook: { maxBody: 100 } });
    const port = listener.address()?.port ?? 0;
    const headers = Object.entries(signedHeaders(body))
      .map(([name, value]) => `${name}: ${value}`)
      .join('\r\n');
    const large = await rawClient(port);
    large.send(raw('/hooks', `${headers}\r\nTransfer-Encoding: chunked`, `c8\r\n${'x'.repeat(200)}\r\n`));
    await large.heard('413');
    const slow = await rawClient(port);
    slow.send(raw('/hooks', `${headers}\r\nContent-Length: 90`, '{'));
    await slow.heard('408');
    expect(handled).toEqual([]);
  });
});

describe('a batch', () => {
  const batch = (...ids: string[]) =>
    JSON.stringify(ids.map((id) => ({ specversion: '1.0', id, source: '/s', type: 't', data: null })));
  const head = { 'content-type': 'application/cloudevents-batch+json', authorization };

  test('is answered with 2xx when all of it is settled, and what was is not handled again', async () => {
    let failures = 1;
    const { post, handled } = await receiver({
      webhook: forCloudEvents,
      handle: ({ id }) => {
        if (id === '/s b' && failures-- > 0) throw new Error('once');
      },
    });
    expect((await post(head, batch('a', 'b', 'c'))).status).toBe(503);
    expect((await post(head, batch('a', 'b', 'c'))).status).toBe(204);
    expect(handled.toSorted()).toEqual(['/s a', '/s b', '/s b', '/s c']);
  });

  test('larger than there is room for goes in bit by bit', async () => {
    const { post, handled } = await receiver({
      webhook: { ...forCloudEvents, concurrency: 2, prefetch: 0, maxWaiting: 3 },
    });
    const ids = Array.from({ length: 100 }, (_, index) => `e${index}`);
    expect((await post(head, batch(...ids))).status).toBe(204);
    expect(new Set(handled).size).toBe(100);
  });

  test('that is empty has nothing to wait for', async () => {
    const { post } = await receiver({ webhook: forCloudEvents });
    expect((await post(head, '[]')).status).toBe(204);
  });
});

describe('several webhooks', () => {
  test('share a listener, each with its path', async () => {
    const listener = createListener({ port: 0 });
    const first = await receiver({ listener, webhook: { path: '/one' } });
    const second = await receiver({ listener, webhook: { ...forCloudEvents, path: '/two' } });
    const at = (path: string) => first.url.replace('/hooks', path);
    const { headers, body: event } = HTTP.structured(new CloudEvent({ source: '/s', type: 't', data: 1 }));
    const to = (path: string, head: Record<string, string>, text: string) =>
      fetch(at(path), { method: 'POST', headers: head, body: text });
    expect((await to('/one', signedHeaders(body), body)).status).toBe(204);
    const lower = { ...(headers as Record<string, string>), authorization };
    expect((await to('/two', lower, String(event))).status).toBe(204);
    expect([first.handled.length, second.handled.length]).toEqual([1, 1]);
    expect((await to('/one', lower, String(event))).status).toBe(401);
  });

  test('of different kinds share a path', async () => {
    const verifiers = [
      standardWebhooks({ secrets: [secret] }),
      snsWebhook({ topicArns: [topicArn] }),
      forCloudEvents.verifier,
    ];
    const { post, details } = await receiver({ webhook: { verifier: undefined, verifiers } });
    expect((await post(signedHeaders(body), body)).status).toBe(204);
    const event = HTTP.binary(new CloudEvent({ source: '/s', type: 't', data: { a: 1 } }));
    const { headers } = event as { headers: Record<string, string> };
    expect((await post({ ...headers, authorization }, String(event.body))).status).toBe(204);
    expect((await post({ 'x-amz-sns-message-type': 'Notification' }, '{}')).status).toBe(400);
    expect((await post({}, '{}')).status).toBe(401);
    expect(details()).toMatchObject({ settled: 2, refused: { malformed: 1, unsigned: 1 } });
  });

  test('can not have the same path, as long as both are there', async () => {
    const listener = createListener({ port: 0 });
    const first = await receiver({ listener });
    const error = await receiver({ listener }).catch((thrown: unknown) => thrown);
    expect(isMillraceError(error, 'PUBSUB_OPTIONS')).toBe(true);
    await first.consumer.stop();
    const next = await receiver({ listener });
    expect((await next.post(signedHeaders(body), body)).status).toBe(204);
  });
});

describe('the handshake of CloudEvents', () => {
  test('is answered over the network', async () => {
    const { url } = await receiver({
      webhook: {
        verifier: cloudEvents({ authorize: () => true, handshake: { allowedOrigins: ['sender.example'] } }),
      },
    });
    const headers = { 'webhook-request-origin': 'sender.example', 'webhook-request-rate': '10' };
    const reply = await fetch(url, { method: 'OPTIONS', headers });
    expect([reply.status, reply.headers.get('webhook-allowed-origin')]).toEqual([200, 'sender.example']);
    expect(reply.headers.get('webhook-allowed-rate')).toBe('10');
  });
});

describe('a verifier of your own', () => {
  test('reads the bytes as they came', async () => {
    const bytes: Uint8Array[] = [];
    const verifier = custom((request) => {
      bytes.push(request.body);
      return { events: [{ id: 'x', type: 't', data: null, headers: {} }] };
    });
    const { post, handled } = await receiver({ webhook: { verifier } });
    expect((await post({ 'content-type': 'application/json' }, '{ "a" :\n1}')).status).toBe(204);
    expect(Buffer.concat(bytes).toString()).toBe('{ "a" :\n1}');
    expect(handled).toEqual(['x']);
  });

  test('that fails has the request come again, and its error is not the sender’s to see', async () => {
    const verifier = custom(() => Promise.reject(new Error('the vault is closed')));
    const { post, lines } = await receiver({ webhook: { verifier } });
    const reply = await post({}, body);
    expect([reply.status, await reply.text()]).toEqual([503, 'unavailable']);
    expect(lines.join()).toContain('could not be taken in');
  });

  test('refuses, and answers, in its own way', async () => {
    let verdict: unknown;
    const verifier = custom({ verify: () => verdict as never, redelivery: 'immediate' });
    const { post } = await receiver({ webhook: { verifier } });
    verdict = { refusal: { status: 403, code: 'not-you' } };
    const refusal = await post({}, body);
    expect([refusal.status, await refusal.text()]).toEqual([403, 'not-you']);
    verdict = { reply: { status: 200, body: 'challenge' } };
    expect(await (await post({}, body)).text()).toBe('challenge');
  });
});

describe('where it listens', () => {
  const verifier = standardWebhooks({ secrets: [secret] });
  const context: VerifyContext = {
    signal: new AbortController().signal,
    log: silentLogger,
    patterns: [],
    takesAll: true,
    handlerTimeout: 0,
    attempts: 1,
    retention: 1,
  };
  async function checks(options: Partial<WebhookOptions>): Promise<readonly Check[]> {
    const found: Check[] = [];
    const source = webhook({ path: '/a', verifier, ...options } as WebhookOptions);
    for await (const check of source.verify?.(context) ?? []) found.push(check);
    return found;
  }

  test('may be a server of the source’s own, closed with it', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { port: number };
    const taken = await receiver({ webhook: { listener: undefined, listen: { port } } }).catch(
      (thrown: unknown) => thrown,
    );
    expect(isMillraceError(taken)).toBe(true);
    expect(await checks({ listen: { port } })).toMatchObject([{ ok: false, code: 'PUBSUB_LISTENER' }, {}]);
    await new Promise((resolve) => probe.close(resolve));
    expect(await checks({ listen: { port } })).toMatchObject([{ ok: true }, { ok: true }]);

    const own = await receiver({ webhook: { listener: undefined, listen: { port: 0 } } });
    const url = `http://127.0.0.1:${String(own.details()['port'])}/hooks`;
    const send = () => fetch(url, { method: 'POST', headers: signedHeaders(body), body });
    expect((await send()).status).toBe(204);
    await own.consumer.stop();
    await expect(send()).rejects.toThrow('fetch failed');
  });

  test('a public URL that is not https, or leads elsewhere, is worth a warning', async () => {
    const listen = { port: 0 };
    const found = await checks({ listen, publicUrl: 'http://example.com/b' });
    expect(found.filter(({ ok }) => !ok)).toMatchObject([{ fatal: false }, { fatal: false }]);
    expect((await checks({ listen, publicUrl: 'https://example.com/x/a' })).every(({ ok }) => ok)).toBe(true);
  });

  test.each<Record<string, unknown>>([
    {},
    { listen: { port: 0 }, listener: createListener() },
    { listen: { port: -1 } },
    { listen: { port: 0 }, path: 'hooks' },
    { listen: { port: 0 }, path: '/a?b' },
    { listen: { port: 0 }, verifier: undefined },
    { listen: { port: 0 }, verifiers: [verifier] },
    { listen: { port: 0 }, ackMode: 'accepted' },
    { listen: { port: 0 }, acceptStore: memoryAcceptStore() },
    { listen: { port: 0 }, ackMode: 'never' },
    { listen: { port: 0 }, handlerTimeout: 0 },
    { listen: { port: 0 }, maxBody: -1 },
    { listen: { port: 0 }, headers: ['Authorization'] },
    { listen: { port: 0 }, headers: ['X-Hub-Signature'] },
    { listen: { port: 0 }, publicUrl: 'example.com' },
    { listen: { port: 0 }, guard: { remember: async () => true } },
  ])('options that make no sense are refused', (options) => {
    expect(() => webhook({ path: '/a', verifier, ...options } as unknown as WebhookOptions)).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
    );
  });

  test('capabilities say what senders do', () => {
    const of = (options: object) =>
      webhook({ path: '/a', listen: { port: 0 }, verifier, ...options }).capabilities;
    expect(of({})).toMatchObject({
      settle: 'ack+nack',
      redelivery: 'delayed',
      deliveryCount: 'none',
      order: 'none',
      position: 'none',
      replay: 'none',
      exclusive: false,
    });
    const sns = snsWebhook({ topicArns: [topicArn] });
    expect(of({ verifier: sns }).redelivery).toBe('immediate');
    expect(of({ verifier: undefined, verifiers: [verifier, sns] }).redelivery).toBe('immediate');
    expect(of({ verifier: sns, ackMode: 'accepted', acceptStore: memoryAcceptStore() }).redelivery).toBe(
      'delayed',
    );
  });
});
