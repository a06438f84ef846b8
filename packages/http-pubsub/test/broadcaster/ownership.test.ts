import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { targetGuard } from '../../src/outgoing/target-guard.ts';
import type { Bench } from './support/bench.ts';
import { startBench, topic } from './support/bench.ts';

const origin = 'events.example';
const off = { redelivery: false, ownership: { origin } } as const;

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
}

/** A server that subscribed to nothing, or did. It notes all that comes. */
async function server(answer: (response: ServerResponse, request: IncomingMessage) => void) {
  const asked: Asked[] = [];
  const made = createServer((request, response) => {
    asked.push({ method: `${request.method}`, path: `${request.url}`, headers: request.headers });
    request.resume();
    answer(response, request);
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    made.close();
    made.closeAllConnections();
  });
  const base = `http://127.0.0.1:${(made.address() as AddressInfo).port}`;
  return { base, url: `${base}/v1/receive`, asked, methods: () => asked.map(({ method }) => method) };
}

const allowing =
  (headers: Record<string, string>, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end();

const allowed = { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' };

function drip(response: ServerResponse): void {
  response.writeHead(200, { ...allowed, 'content-length': '100000' });
  const timer = setInterval(() => response.write('.'), 20);
  response.once('close', () => clearInterval(timer));
}

/** Nothing but questions has come. */
async function expectSpared(bench: Bench, { methods }: Awaited<ReturnType<typeof server>>): Promise<void> {
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
  expect(await bench.notify('t', 'hello')).toBe(0);
  expect(new Set(methods())).toEqual(new Set(['OPTIONS']));
}

test.each<[string, number, string, (response: ServerResponse) => void]>([
  ['404', 403, 'no-handshake', allowing({}, 404)],
  ['403', 403, 'origin', allowing(allowed, 403)],
  ['405', 403, 'no-handshake', allowing({ allow: 'GET' }, 405)],
  ['200 to everybody', 403, 'no-handshake', allowing({ allow: 'GET, OPTIONS' })],
  ['a redirect, whatever else it says', 403, 'no-handshake', allowing({ ...allowed, location: '/' }, 302)],
  ['500', 403, 'no-handshake', allowing(allowed, 500)],
  ['that others may', 403, 'origin', allowing({ ...allowed, 'webhook-allowed-origin': 'other.example' })],
  ['a list', 403, 'origin', allowing({ ...allowed, 'webhook-allowed-origin': `${origin}, a.example` })],
  ['an empty name', 403, 'origin', allowing({ ...allowed, 'webhook-allowed-origin': '' })],
  ['a rate of none', 403, 'rate', allowing({ ...allowed, 'webhook-allowed-rate': '0' })],
  ['a rate that is none', 403, 'rate', allowing({ ...allowed, 'webhook-allowed-rate': '1e3' })],
  [
    'a huge reply',
    503,
    'unreachable',
    (response) => void response.writeHead(200, allowed).end(Buffer.alloc(100_000)),
  ],
  ['nothing', 503, 'unreachable', (response) => void response.destroy()],
])(
  'a URL of somebody else that answers %s gets no subscription, and no message',
  async (_, status, reason, answer) => {
    const bench = await startBench(off);
    const victim = await server(answer);
    const refused = await bench.subscribe(victim.url, topic('t'));
    expect(refused.status).toBe(status);
    expect(refused.headers.get('millrace-refusal')).toBe(reason);
    expect(await refused.text()).toContain(`The URL was asked as "${origin}" whether it may be called`);
    const set = { exact: [{ ...topic('t'), recovery: undefined }], globs: [] };
    expect((await bench.set(victim.url, set)).status).toBe(status);
    await expectSpared(bench, victim);
    expect(victim.asked[0]?.headers).toMatchObject({ 'webhook-request-origin': origin });
    expect(victim.asked[0]?.headers).not.toHaveProperty('authorization');
  },
);

test('a URL that drips its answer is given up, and gets nothing', async () => {
  const bench = await startBench({ ...off, timeouts: { subscriber: 300 } });
  const victim = await server(drip);
  const refused = await bench.subscribe(victim.url, topic('t'));
  expect([refused.status, refused.headers.get('millrace-refusal')]).toEqual([503, 'unreachable']);
  await expectSpared(bench, victim);
});

test('a URL that the guard closes is not even asked', async () => {
  const bench = await startBench({ ...off, outgoing: outgoing({ guard: targetGuard() }) });
  const victim = await server(allowing(allowed));
  const refused = await bench.subscribe(victim.url, topic('t'));
  expect([refused.status, refused.headers.get('millrace-refusal')]).toEqual([403, 'forbidden']);
  expect(victim.asked).toEqual([]);
});

test('a recovery URL of somebody else is refused, also where the subscriber is known', async () => {
  const bench = await startBench(off);
  const victim = await server(allowing({}, 405));
  const own = await server(allowing(allowed));
  expect((await bench.subscribe(own.url, topic('t'), victim.url)).status).toBe(403);
  expect((await bench.subscribe(own.url, topic('t'), `${own.base}/v1/recover`)).status).toBe(200);
  expect((await bench.subscribe(own.url, topic('u'), victim.url)).status).toBe(403);
  const many = Array.from({ length: 20 }, (_, index) => ({
    ...topic(`${index}`),
    recovery: `${victim.base}/${index}`,
  }));
  expect((await bench.set(own.url, { exact: many, globs: [] })).status).toBe(400);
  expect(victim.methods()).toEqual(['OPTIONS', 'OPTIONS']);
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 1, globs: 0 });
});

test('what a URL has said is remembered until it has no subscriptions, by all who share the store', async () => {
  const bench = await startBench(off);
  const own = await server(allowing(allowed));
  const recovery = `${own.base}/v1/recover`;
  const several = ['a', 'b', 'c'].map((name) => bench.subscribe(own.url, topic(name), recovery));
  expect((await Promise.all(several)).map(({ status }) => status)).toEqual([200, 200, 200]);
  const asked = own.asked.length;
  expect(new Set(own.asked.map(({ path }) => path))).toEqual(new Set(['/v1/receive', '/v1/recover']));
  const two = await startBench({ ...off, store: bench.store, auth: bench.auth });
  expect((await two.subscribe(own.url, topic('d'), recovery)).status).toBe(200);
  expect(own.asked).toHaveLength(asked);
  const renamed = await startBench({
    ...off,
    store: bench.store,
    auth: bench.auth,
    ownership: { origin: 'new.example' },
  });
  expect((await renamed.subscribe(own.url, topic('e'))).status, 'it was said to another').toBe(403);
  for (const name of ['a', 'b', 'c', 'd']) await bench.unsubscribe(own.url, topic(name));
  const before = own.asked.length;
  expect((await bench.subscribe(own.url, topic('a'))).status).toBe(200);
  expect(own.asked).toHaveLength(before + 1);
});

test('a URL that had subscriptions before anybody was asked is asked with its next one', async () => {
  const before = await startBench({ redelivery: false });
  const victim = await server(allowing({}, 404));
  expect((await before.subscribe(victim.url, topic('t'))).status).toBe(200);
  const bench = await startBench({ ...off, store: before.store, auth: before.auth });
  expect((await bench.subscribe(victim.url, topic('u'))).status).toBe(403);
});

test('all that is sent says who sends; the rate is asked for, and has to be answered', async () => {
  const bench = await startBench({ ...off, ownership: { origin, rate: 600 } });
  const reply: Record<string, string> = { 'webhook-allowed-origin': '*' };
  const own = await server((response) => void response.writeHead(200, reply).end());
  const refused = await bench.subscribe(own.url, topic('t'));
  expect([refused.status, refused.headers.get('millrace-refusal')]).toEqual([403, 'rate']);
  expect(own.asked[0]?.headers).toMatchObject({ 'webhook-request-rate': '600' });
  reply['webhook-allowed-rate'] = '120';
  const recovery = `${own.base}/v1/recover`;
  expect((await bench.subscribe(own.url, topic('t'), recovery)).status).toBe(200);
  expect(await bench.store.subscriptions.permission(own.url)).toEqual({ origin, rate: 120 });
  await bench.notify('t', 'hello');
  const posts = () => own.asked.filter(({ method }) => method === 'POST');
  await vi.waitFor(() => expect(posts().map(({ path }) => path)).toContain('/v1/recover'), 20_000);
  expect(posts().every(({ headers }) => headers['webhook-request-origin'] === origin)).toBe(true);
});

test('where nobody is asked, nothing is different to anybody', async () => {
  const bench = await startBench({ redelivery: false });
  const own = await bench.subscriber();
  expect((await bench.subscribe(own.url, topic('t'))).status).toBe(200);
  expect(await bench.notify('t', 'hello')).toBe(1);
  expect(own.requests).toBe(1);
  expect(own.received[0]?.headers).not.toHaveProperty('webhook-request-origin');
});
