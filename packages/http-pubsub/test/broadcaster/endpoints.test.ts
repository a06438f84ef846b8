import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { expect, test, vi } from 'vitest';
import { etagOf } from '../../src/wire/etag.ts';
import {
  encodeCheck,
  encodeMissed,
  encodeNotifyPrefix,
  encodeReceivePrefix,
  encodeSubscribe,
} from '../../src/wire/stateless/requests.ts';
import {
  checkReply,
  genericReply,
  missedReply,
  notifyReply,
  receiveReply,
} from '../../src/wire/stateless/responses.ts';
import { encodeSet } from '../../src/wire/stateless/set-subscriptions.ts';
import type { BroadcasterStore } from '../../src/broadcaster/ports/broadcaster-store.ts';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import type { Bench } from './support/bench.ts';
import { nothing, replyOf, sha512, startBench, topic } from './support/bench.ts';

const url = 'http://subscriber.example/v1/receive';
const recovery = 'http://subscriber.example/v1/recover';
const off = { redelivery: false } as const;

async function bodyless(response: Response, status: number): Promise<void> {
  expect(response.status).toBe(status);
  expect((await response.arrayBuffer()).byteLength).toBe(0);
}

test('subscribe: 200 signed, then 409 without a word', async () => {
  const bench = await startBench(off);
  for (const wanted of [topic('a'), { glob: 'a/*' }] as const) {
    const response = await bench.subscribe(url, wanted, recovery);
    expect(response.status).toBe(200);
    const { authorization, tracing } = await replyOf(response, genericReply());
    const confirmed =
      'topic' in wanted
        ? ({ kind: 'confirm-subscribe-exact', url, recovery, topic: wanted.topic } as const)
        : ({ kind: 'confirm-subscribe-glob', url, recovery, glob: wanted.glob } as const);
    expect(await bench.auth.toSubscriber.verify(confirmed, tracing, authorization)).toBe('accepted');
    await bodyless(await bench.subscribe(url, wanted), 409);
  }
  const { exact } = await bench.store.subscriptions.list(url);
  expect(exact[0]?.recovery, 'a 409 changes nothing').toBe(recovery);
});

test('unsubscribe: 200 signed, then 409', async () => {
  const bench = await startBench(off);
  for (const wanted of [topic('a'), { glob: 'a/*' }] as const) {
    await bodyless(await bench.unsubscribe(url, wanted), 409);
    await bench.subscribe(url, wanted, recovery);
    const response = await bench.unsubscribe(url, wanted);
    expect(response.status).toBe(200);
    const { authorization, tracing } = await replyOf(response, genericReply());
    const confirmed =
      'topic' in wanted
        ? ({ kind: 'confirm-subscribe-exact', url, topic: wanted.topic } as const)
        : ({ kind: 'confirm-subscribe-glob', url, glob: wanted.glob } as const);
    expect(await bench.auth.toSubscriber.verify(confirmed, tracing, authorization)).toBe('accepted');
  }
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
});

test('check: the etag of all that a URL has', async () => {
  const bench = await startBench(off);
  await bench.subscribe(url, topic('b'), recovery);
  await bench.subscribe(url, topic('a'));
  await bench.subscribe(url, { glob: '**' });
  const response = await bench.send('/v1/check_subscriptions', encodeCheck({ tracing: nothing, url }), {
    kind: 'check',
    url,
  });
  const { etag, authorization, tracing } = await replyOf(response, checkReply());
  const exact = [
    { ...topic('a'), recovery: undefined },
    { ...topic('b'), recovery },
  ];
  expect(etag).toEqual(etagOf(url, { exact, globs: [{ glob: '**', recovery: undefined }] }));
  expect(await bench.auth.toSubscriber.verify({ kind: 'confirm-check', etag }, tracing, authorization)).toBe(
    'accepted',
  );
});

test('set: regression, 17 topics that are set twice stay', async () => {
  const bench = await startBench(off);
  const exact = Array.from({ length: 17 }, (_, index) => ({ ...topic(`t${index}`), recovery }));
  const set = { exact, globs: [{ glob: 'g', recovery: undefined }] };
  for (const time of [1, 2, 3]) {
    const response = await bench.set(url, set);
    expect(response.status, `time ${time}`).toBe(200);
    const etag = etagOf(url, set);
    const { authorization, tracing } = await replyOf(response, genericReply());
    expect(await bench.auth.toSubscriber.verify({ kind: 'confirm-set', etag }, tracing, authorization)).toBe(
      'accepted',
    );
    expect(etagOf(url, await bench.store.subscriptions.list(url))).toEqual(etag);
  }
  expect((await bench.set(url, { exact: [], globs: [] })).status).toBe(200);
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
});

test('set: 400 for another etag, the wrong order, one twice, and too many', async () => {
  const bench = await startBench({ ...off, limits: { setEntries: 3 } });
  const entries = (names: readonly string[]) => ({
    exact: names.map((name) => ({ ...topic(name), recovery: undefined })),
    globs: [],
  });
  const post = (
    subscriptions: ReturnType<typeof entries>,
    change: (body: Buffer) => Buffer,
    etag = etagOf(url, subscriptions),
  ) =>
    bench.send('/v1/set_subscriptions', change(encodeSet({ tracing: nothing, url, etag, subscriptions })), {
      kind: 'set',
      url,
      etag,
    });
  await bodyless(await post(entries(['a']), (body) => body, Buffer.alloc(64)), 400);
  const swapped = (body: Buffer) => Buffer.from(body.toString('latin1').replace('\x01a', '\x01z'), 'latin1');
  await bodyless(await post(entries(['a', 'b']), swapped), 400);
  const twice = (body: Buffer) => Buffer.from(body.toString('latin1').replace('\x01b', '\x01a'), 'latin1');
  await bodyless(await post(entries(['a', 'b']), twice), 400);
  await bodyless(await post(entries(['a', 'b', 'c', 'd']), (body) => body), 400);
  expect((await post(entries(['a', 'b', 'c']), (body) => body)).status).toBe(200);
});

test('what is too long, no URL, or cut off is 400; what has no room is 507', async () => {
  const store = memoryBroadcasterStore({ maxSubscriptions: 1 });
  const bench = await startBench({ ...off, store, limits: { topic: 10, glob: 10 } });
  await bodyless(await bench.subscribe(url, topic('x'.repeat(11))), 400);
  await bodyless(await bench.subscribe(url, { glob: 'x'.repeat(11) }), 400);
  await bodyless(await bench.subscribe('ftp://a.example/', topic('a')), 400);
  await bodyless(await bench.subscribe('http://user:pass@a.example/', topic('a')), 400);
  await bodyless(await bench.subscribe(url, topic('a'), 'nonsense'), 400);
  await bodyless(await bench.notifyRequest('x'.repeat(11), 'x'), 400);
  await bodyless(await bench.post('/v1/subscribe/exact', Buffer.from([0, 9, 1])), 400);
  expect((await bench.subscribe(url, topic('a'))).status).toBe(200);
  await bodyless(await bench.subscribe(url, topic('b')), 507);
  const both = {
    exact: [
      { ...topic('a'), recovery },
      { ...topic('b'), recovery },
    ],
    globs: [],
  };
  await bodyless(await bench.set(url, both), 507);
});

test('a fragment is part of who a subscriber is', async () => {
  const bench = await startBench(off);
  await bench.subscribe(`${url}#7`, topic('a'));
  expect((await bench.store.subscriptions.list(`${url}#7`)).exact).toHaveLength(1);
  expect((await bench.store.subscriptions.list(url)).exact).toHaveLength(0);
});

test('notify: 400 for another digest, for less and for more than was said', async () => {
  const bench = await startBench(off);
  const name = Buffer.from('t');
  const data = Buffer.from('hello');
  const post = (digest: Buffer, length: number) => {
    const identifier = randomBytes(4);
    const prefix = encodeNotifyPrefix({ topic: name, digest, tracing: nothing, identifier, length });
    return bench.send('/v1/notify', Buffer.concat([prefix, data]), {
      kind: 'notify',
      topic: name,
      identifier,
      digest,
    });
  };
  await bodyless(await post(sha512(Buffer.from('other')), 5), 400);
  await bodyless(await post(sha512(data), 6), 400);
  await bodyless(await post(sha512(data), 4), 400);
  expect((await post(sha512(data), 5)).status).toBe(200);
});

test('everything: 401 without authorization, 403 with a wrong one, nothing happens', async () => {
  const bench = await startBench(off);
  const bodies: readonly (readonly [string, Uint8Array])[] = [
    ['/v1/subscribe/exact', encodeSubscribe({ url, wanted: topic('a'), recovery, tracing: nothing })],
    ['/v1/subscribe/glob', encodeSubscribe({ url, wanted: { glob: 'a' }, recovery, tracing: nothing })],
    [
      '/v1/unsubscribe/exact',
      encodeSubscribe({ url, wanted: topic('a'), recovery: undefined, tracing: nothing }),
    ],
    [
      '/v1/unsubscribe/glob',
      encodeSubscribe({ url, wanted: { glob: 'a' }, recovery: undefined, tracing: nothing }),
    ],
    ['/v1/check_subscriptions', encodeCheck({ tracing: nothing, url })],
    [
      '/v1/set_subscriptions',
      encodeSet({ tracing: nothing, url, etag: Buffer.alloc(64), subscriptions: { exact: [], globs: [] } }),
    ],
    [
      '/v1/notify',
      encodeNotifyPrefix({
        topic: Buffer.from('a'),
        digest: sha512(nothing),
        tracing: nothing,
        identifier: nothing,
        length: 0,
      }),
    ],
  ];
  for (const [path, body] of bodies) {
    await bodyless(await bench.post(path, body), 401);
    await bodyless(await bench.post(path, body, 'X-HMAC 1:2:3'), 403);
    await bodyless(await bench.post(path, body, 'Bearer whatever'), 403);
  }
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
});

test('everything: 503 when the store is down, and another try gets through when it is up', async () => {
  const store = memoryBroadcasterStore();
  let isDown = true;
  const failing: BroadcasterStore = {
    ...store,
    subscriptions: new Proxy(store.subscriptions, {
      get: (target, name): unknown =>
        isDown ? () => Promise.reject(new Error('It is down.')) : Reflect.get(target, name),
    }),
  };
  const bench = await startBench({ ...off, store: failing });
  expect(await bench.broadcaster.health()).toEqual({ status: 'failing', store: false });
  expect((await bench.subscribe(url, topic('a'))).status).toBe(503);
  expect((await bench.set(url, { exact: [], globs: [] })).status).toBe(503);
  expect((await bench.notifyRequest('a', 'x')).status).toBe(503);
  isDown = false;
  expect((await bench.subscribe(url, topic('a'))).status).toBe(200);
  expect(await bench.broadcaster.health()).toEqual({ status: 'ok', store: true });
});

async function selfBench(): Promise<{ bench: Bench; self: string; told: string[]; missed: string[] }> {
  const self = {
    url: 'http://self.example/v1/receive_for_websockets',
    recovery: 'http://self.example/v1/missed_for_websockets',
  };
  const bench = await startBench({ ...off, self });
  const told: string[] = [];
  const missed: string[] = [];
  bench.broadcaster.attachLocal({
    wants: (name) => Buffer.from(name).toString() === 'wanted',
    async receive({ body }) {
      for await (const chunk of body.chunks()) told.push(Buffer.from(chunk).toString());
      return 3;
    },
    missed: (name) => missed.push(Buffer.from(name).toString()),
  });
  return { bench, self: self.url, told, missed };
}

async function asOther(
  bench: Bench,
  host: string,
  path: string,
  body: Uint8Array,
  headers: Record<string, string>,
): Promise<{ readonly status: number; readonly body: Buffer }> {
  const outgoing = request(`${bench.url}${path}`, { method: 'POST', headers: { ...headers, host } });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, body: Buffer.concat(chunks) };
}

test('receive_for_websockets: another broadcaster tells those who are connected here', async () => {
  const { bench, self, told } = await selfBench();
  const data = Buffer.from('hello');
  const post = async (given: {
    name?: string;
    host?: string;
    sent?: Buffer;
    digest?: Buffer;
    scheme?: 'toSubscriber' | 'toBroadcaster';
    headers?: Record<string, string>;
  }) => {
    const {
      name = 'wanted',
      host = 'self.example',
      sent = data,
      digest = sha512(data),
      scheme = 'toSubscriber',
    } = given;
    const identifier = Buffer.from('12345678');
    const operation = { kind: 'receive', url: self, topic: Buffer.from(name), identifier, digest } as const;
    const authorization = (await bench.auth[scheme].sign(operation, nothing)) ?? '';
    const prefix = encodeReceivePrefix({
      tracing: nothing,
      topic: Buffer.from(name),
      identifier,
      length: data.length,
    });
    return asOther(bench, host, '/v1/receive_for_websockets', Buffer.concat([prefix, sent]), {
      authorization,
      'repr-digest': `sha-256=abc, sha-512=${digest.toString('base64')}`,
      ...given.headers,
    });
  };
  const reply = await post({});
  expect(reply.status).toBe(200);
  const { value } = receiveReplyOf(reply.body);
  expect(value).toMatchObject({ subscribers: 3 });
  expect(
    value &&
      (await bench.auth.toBroadcaster.verify(
        { kind: 'confirm-receive', url: self, identifier: Buffer.from('12345678'), subscribers: 3 },
        nothing,
        value.authorization,
      )),
  ).toBe('accepted');
  expect(told).toEqual(['hello']);
  const unwanted = Buffer.from([0, 10]);
  expect(await post({ host: 'else.example' })).toEqual({ status: 400, body: unwanted });
  expect(await post({ name: 'unwanted', scheme: 'toBroadcaster' }), 'before any auth').toEqual({
    status: 400,
    body: unwanted,
  });
  expect(await post({ scheme: 'toBroadcaster' })).toEqual({ status: 403, body: unwanted });
  expect(await post({ headers: { 'repr-digest': 'sha-256=abc' } })).toEqual({ status: 400, body: unwanted });
  expect(await post({ sent: Buffer.from('other') })).toEqual({ status: 403, body: unwanted });
  expect(await post({ sent: Buffer.from('longer than that') })).toEqual({ status: 400, body: unwanted });
  expect(told).toEqual(['hello']);
});

function receiveReplyOf(body: Buffer) {
  const decoding = receiveReply();
  let step = decoding.next();
  let at = 0;
  while (!step.done) {
    const end = at + step.value;
    step = decoding.next(body.subarray(at, end));
    at = end;
  }
  return { value: step.value };
}

test('missed_for_websockets: those who are connected here are told', async () => {
  const { bench, missed } = await selfBench();
  const recoveryUrl = 'http://self.example/v1/missed_for_websockets';
  const name = Buffer.from('wanted');
  const body = encodeMissed({ tracing: nothing, topic: name });
  const sign = () => bench.auth.toSubscriber.sign({ kind: 'missed', url: recoveryUrl, topic: name }, nothing);
  const post = async (host: string, authorization: string | undefined) =>
    asOther(bench, host, '/v1/missed_for_websockets', body, {
      ...(authorization !== undefined && { authorization }),
    });
  const wrong = await post('else.example', await sign());
  expect(wrong.status).toBe(400);
  expect(JSON.parse(wrong.body.toString())).toMatchObject({ unsubscribe: true });
  expect((await post('self.example', undefined)).status).toBe(401);
  expect((await post('self.example', 'X-HMAC 1:2:3')).status).toBe(403);
  expect(missed).toEqual([]);
  const right = await post('self.example', await sign());
  expect(right.status).toBe(200);
  expect(await replyOf(new Response(new Uint8Array(right.body)), missedReply())).toMatchObject({
    tracing: Buffer.alloc(0),
  });
  expect(missed).toEqual(['wanted']);
});

test('stop: no more is taken, what runs is answered, and what is not done waits in the store', async () => {
  const bench = await startBench({ timeouts: { drain: 100 } });
  const slow = await bench.subscriber();
  await bench.subscribe(slow.url, topic('t'));
  const never = Promise.withResolvers<void>();
  slow.behave(() => never.promise);
  const publishing = bench.notify('t', 'x');
  await vi.waitFor(() => expect(slow.requests).toBe(1));
  const stopping = bench.broadcaster.stop();
  expect((await bench.notifyRequest('t', 'x')).status).toBe(503);
  await expect(bench.broadcaster.notify('t', 'x')).rejects.toMatchObject({ code: 'PUBSUB_NOT_PUBLISHED' });
  expect(await publishing, 'honest: nobody has it yet').toBe(0);
  await stopping;
  await bench.broadcaster.stop();
  expect(await bench.store.deliveries.counts()).toMatchObject({ deliveries: 1, deadLetters: 0 });
  expect((await bench.broadcaster.health()).status).toBe('stopping');
});

test('a digest that is written as RFC 9530 wants it is read as well', async () => {
  const { digestOf } = await import('../../src/broadcaster/endpoints/repr-digest.ts');
  const digest = createHash('sha512').update('x').digest();
  const bare = digest.toString('base64');
  expect(digestOf(`sha-512=${bare}`)).toEqual(digest);
  expect(digestOf(`sha-512=:${bare}:`)).toEqual(digest);
  expect(digestOf(`sha-256=abc=, sha-512=${bare.replaceAll('=', '')}`)).toEqual(digest);
  expect(digestOf('sha-512=short')).toBeUndefined();
  expect(digestOf(undefined)).toBeUndefined();
});

test('notify with token and without authorization', async () => {
  const { tokenAuth } = await import('../../src/wire/auth/token.ts');
  const { noAuth } = await import('../../src/wire/auth/scheme.ts');
  for (const auth of [
    { toBroadcaster: tokenAuth({ secrets: ['one'] }), toSubscriber: tokenAuth({ secrets: ['two'] }) },
    { toBroadcaster: noAuth, toSubscriber: noAuth },
  ]) {
    const bench = await startBench({ ...off, auth });
    const one = await bench.subscriber();
    await bench.subscribe(one.url, { glob: 't*' });
    const response = await bench.notifyRequest('t1', 'x');
    expect((await replyOf(response, notifyReply())).subscribers).toBe(1);
    expect(one.received[0]?.verdict).toBe('accepted');
  }
});
