import { readdir, stat } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogFields, Logger } from '@millrace/core';
import { expect, onTestFinished, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import type { BroadcasterStore } from '../../src/broadcaster/ports/broadcaster-store.ts';
import { createSpool } from '../../src/broadcaster/spool/spool.ts';
import { outgoing } from '../../src/outgoing/outgoing.ts';
import { authBySecrets } from '../../src/wire/auth/auth.ts';
import { hmacAuth } from '../../src/wire/auth/hmac.ts';
import { noAuth } from '../../src/wire/auth/scheme.ts';
import { createSecret } from '../../src/wire/auth/secrets-file.ts';
import { encodeNotifyPrefix, encodeSubscribe } from '../../src/wire/stateless/requests.ts';
import { unsubscribeImmediate } from '../../src/wire/stateless/responses.ts';
import { nothing, sha512, startBench, topic } from './support/bench.ts';
import type { Behaviour } from './support/subscriber.ts';

const url = 'http://subscriber.example/v1/receive';
const off = { redelivery: false } as const;

test('replay: a request that was recorded is refused the second time, on every broadcaster of the store', async () => {
  const store = memoryBroadcasterStore();
  const secrets = { 'to-broadcaster': createSecret('hmac'), 'to-subscriber': createSecret('hmac') };
  const one = await startBench({ ...off, store, auth: authBySecrets(secrets, { guard: store.replayGuard }) });
  const two = await startBench({ ...off, store, auth: authBySecrets(secrets, { guard: store.replayGuard }) });
  const body = encodeSubscribe({ url, wanted: topic('a'), recovery: undefined, tracing: nothing });
  const authorization = await one.auth.toBroadcaster.sign(
    { kind: 'subscribe-exact', url, ...topic('a') },
    nothing,
  );
  expect((await one.post('/v1/subscribe/exact', body, authorization)).status).toBe(200);
  expect((await one.unsubscribe(url, topic('a'))).status).toBe(200);
  expect((await one.post('/v1/subscribe/exact', body, authorization)).status).toBe(403);
  expect((await two.post('/v1/subscribe/exact', body, authorization)).status).toBe(403);
});

test('replay: an old request is refused, and one with a nonce of more than 255 bytes is no bug of ours', async () => {
  const bench = await startBench(off);
  const body = encodeSubscribe({ url, wanted: topic('a'), recovery: undefined, tracing: nothing });
  const mac = Buffer.alloc(64).toString('base64');
  const now = Math.floor(Date.now() / 1_000);
  for (const header of [
    `X-HMAC ${now}:${'n'.repeat(300)}:${mac}`,
    `X-HMAC ${now - 121}:n:${mac}`,
    'X-HMAC ',
    'x'.repeat(5_000),
  ]) {
    expect((await bench.post('/v1/subscribe/exact', body, header)).status).toBe(403);
  }
});

test('rotation: the old secret is accepted until it is dropped, and the new one signs', async () => {
  const [old, fresh, toSubscriber] = [1, 2, 3].map(() => createSecret('hmac').secret);
  if (old === undefined || fresh === undefined || toSubscriber === undefined) throw new Error('unreachable');
  const rotating = {
    toBroadcaster: hmacAuth({ secrets: [fresh, old] }),
    toSubscriber: hmacAuth({ secrets: [toSubscriber] }),
  };
  const bench = await startBench({ ...off, auth: rotating });
  expect((await bench.subscribe(url, topic('a'), undefined, hmacAuth({ secrets: [old] }))).status).toBe(200);
  expect((await bench.subscribe(url, topic('b'), undefined, hmacAuth({ secrets: [fresh] }))).status).toBe(
    200,
  );
  const later = await startBench({
    ...off,
    auth: { ...rotating, toBroadcaster: hmacAuth({ secrets: [fresh] }) },
  });
  expect((await later.subscribe(url, topic('a'), undefined, hmacAuth({ secrets: [old] }))).status).toBe(403);
});

test('keys of clients: each may do what it may, and nothing else', async () => {
  const scheme = () => hmacAuth({ secrets: [createSecret('hmac').secret] });
  const [shop, stock, stranger] = [scheme(), scheme(), scheme()];
  const bench = await startBench({
    ...off,
    auth: { toBroadcaster: noAuth, toSubscriber: noAuth },
    clients: [
      {
        name: 'shop',
        toBroadcaster: shop,
        publish: ['orders/**'],
        subscribe: ['orders/**', 'news'],
        urls: ['http://shop.example/hooks'],
      },
      { name: 'stock', toBroadcaster: stock, publish: [], urls: ['http://stock.example/'] },
    ],
  });
  const hook = 'http://shop.example/hooks/v1/receive';
  const subscribe = async (...[target, wanted, recovery, by]: Parameters<typeof bench.subscribe>) =>
    (await bench.subscribe(target, wanted, recovery, by)).status;
  expect(await subscribe(hook, topic('orders/eu'), undefined, shop)).toBe(200);
  expect(await subscribe(hook, topic('news'), undefined, shop)).toBe(200);
  expect(await subscribe(hook, { glob: 'orders/*/paid' }, undefined, shop)).toBe(200);
  expect(await subscribe(hook, topic('salaries'), undefined, shop)).toBe(403);
  expect(await subscribe(hook, { glob: '**' }, undefined, shop)).toBe(403);
  expect(await subscribe(hook, { glob: 'o*/**' }, undefined, shop)).toBe(403);
  for (const other of [
    'http://stock.example/v1/receive',
    'http://shop.example/hooksmith',
    'https://shop.example/hooks',
    'http://shop.example/hooks/../admin',
    'http://shop.example:81/hooks',
  ]) {
    expect(await subscribe(other, topic('orders/eu'), undefined, shop), other).toBe(403);
  }
  expect(await subscribe(hook, topic('orders/us'), 'http://stock.example/v1/recover', shop)).toBe(403);
  expect(await subscribe(hook, topic('orders/eu'), undefined, stock), 'what is not its own').toBe(403);
  expect(await subscribe(hook, topic('orders/eu'), undefined, stranger)).toBe(403);
  expect(await subscribe(hook, topic('orders/eu'), undefined, noAuth)).toBe(401);
  expect((await bench.notifyRequest('orders/eu', 'x', shop)).status).toBe(200);
  expect((await bench.notifyRequest('news', 'x', shop)).status).toBe(403);
  expect((await bench.notifyRequest('orders/eu', 'x', stock)).status).toBe(403);
  expect((await bench.notifyRequest('orders/eu', 'x', noAuth)).status).toBe(401);
});

test('keys of clients: a set is looked at entry by entry', async () => {
  const bench = await startBench({
    ...off,
    authorize: ({ action, topic: name, glob }) =>
      action !== 'subscribe' || (glob === undefined && Buffer.from(name ?? '').toString() !== 'salaries'),
  });
  const entry = (name: string) => ({ ...topic(name), recovery: undefined });
  expect((await bench.set(url, { exact: [entry('a'), entry('salaries')], globs: [] })).status).toBe(403);
  expect(
    (await bench.set(url, { exact: [entry('a')], globs: [{ glob: '**', recovery: undefined }] })).status,
  ).toBe(403);
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
  expect((await bench.set(url, { exact: [entry('a')], globs: [] })).status).toBe(200);
});

test('keys of clients: one that confirms for another is not believed', async () => {
  const scheme = () => hmacAuth({ secrets: [createSecret('hmac').secret] });
  const [mallory, victim] = [scheme(), scheme()];
  const auth = { toBroadcaster: noAuth, toSubscriber: noAuth };
  const bench = await startBench({
    ...off,
    auth,
    clients: [
      { name: 'mallory', toBroadcaster: mallory, urls: ['http://mallory.example/'] },
      { name: 'victim', toBroadcaster: victim },
    ],
  });
  const one = await bench.subscriber({ auth: { ...auth, toBroadcaster: mallory } });
  await bench.subscribe(one.url, topic('t'), undefined, victim);
  expect((await bench.notifyRequest('t', 'x', victim)).status).toBe(200);
  const { letters } = await bench.store.undelivered.list({}, { limit: 1 });
  expect(letters[0]?.failure).toBe('Somebody else confirmed it.');
});

test('an `authorize` that fails lets nobody in', async () => {
  const bench = await startBench({
    ...off,
    authorize: () => {
      throw new Error('It is down.');
    },
  });
  expect((await bench.subscribe(url, topic('a'))).status).toBe(503);
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
});

test('ownership: a URL that is not theirs gets no first subscription', async () => {
  const asked: string[] = [];
  const bench = await startBench({
    ...off,
    ownership: (target) => {
      asked.push(target);
      return target !== url;
    },
  });
  expect((await bench.subscribe(url, topic('a'))).status).toBe(403);
  expect((await bench.set(url, { exact: [{ ...topic('a'), recovery: undefined }], globs: [] })).status).toBe(
    403,
  );
  expect(await bench.store.subscriptions.count()).toEqual({ exact: 0, globs: 0 });
  const own = 'http://own.example/v1/receive';
  expect((await bench.subscribe(own, topic('a'))).status).toBe(200);
  expect((await bench.subscribe(own, topic('b'))).status).toBe(200);
  expect(asked).toEqual([url, url, own]);
});

test('ownership: a probe asks the URL itself, and takes only the answer of a subscriber', async () => {
  const bench = await startBench({ ...off, ownership: 'probe', timeouts: { subscriber: 500 } });
  const one = await bench.subscriber();
  const answers: readonly (readonly [number, Behaviour])[] = [
    [403, (response) => void response.end('hello')],
    [403, (response) => void response.writeHead(302, { location: one.recovery }).end()],
    [403, () => new Promise(() => {})],
    [403, (response) => void response.writeHead(410).end()],
    [200, (response) => void response.end(unsubscribeImmediate)],
  ];
  for (const [status, behaviour] of answers) {
    one.behave(behaviour);
    expect((await bench.subscribe(one.url, topic('t'))).status).toBe(status);
  }
  expect((await bench.unsubscribe(one.url, topic('t'))).status).toBe(200);
  one.behave(undefined);
  expect((await bench.subscribe(one.url, topic('t'))).status).toBe(200);
  expect(one.received.every(({ data, verdict }) => data.length === 0 && verdict === 'accepted')).toBe(true);
});

/** What the server says to what it is sent, byte by byte if need be. */
async function raw(
  port: number,
  write: (send: (bytes: Uint8Array | string) => void) => void,
): Promise<string> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let said = '';
  socket.on('data', (data: Buffer) => {
    said += data.toString('latin1');
  });
  socket.on('error', () => {});
  write((bytes) => socket.write(bytes));
  await vi.waitFor(() => expect(said).toContain('\r\n\r\n'), { timeout: 5_000 });
  return said.slice(0, said.indexOf('\r\n'));
}

const portOf = (base: string) => Number(new URL(base).port);
const head = (path: string, length: number, authorization?: string) =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Length: ${length}\r\n${authorization === undefined ? '' : `Authorization: ${authorization}\r\n`}\r\n`;

test('body: nobody reads a gigabyte of somebody who proved nothing', async () => {
  const bench = await startBench({ ...off, limits: { message: 2 ** 31 }, listen: { maxBody: 2 ** 32 } });
  const name = Buffer.from('t');
  const prefix = encodeNotifyPrefix({
    topic: name,
    digest: sha512(nothing),
    tracing: nothing,
    identifier: nothing,
    length: 2 ** 30,
  });
  // Nothing but the beginning is ever sent, and the answer is there.
  const said = await raw(portOf(bench.url), (send) => {
    send(head('/v1/notify', prefix.length + 2 ** 30, 'X-HMAC 1:a:b'));
    send(prefix);
  });
  expect(said).toContain(' 403 ');
});

test('body: one that is larger than is taken is refused before it is read', async () => {
  const bench = await startBench({ ...off, limits: { message: 1_000 } });
  const name = Buffer.from('t');
  const digest = sha512(nothing);
  const prefix = encodeNotifyPrefix({
    topic: name,
    digest,
    tracing: nothing,
    identifier: nothing,
    length: 2_000,
  });
  const operation = { kind: 'notify', topic: name, identifier: nothing, digest } as const;
  const authorization = await bench.auth.toBroadcaster.sign(operation, nothing);
  const said = await raw(portOf(bench.url), (send) => {
    send(head('/v1/notify', prefix.length + 2_000, authorization));
    send(prefix);
  });
  expect(said).toContain(' 413 ');
  expect((await bench.notifyRequest('t', 'x'.repeat(1_001))).status).toBe(413);
  expect((await bench.notifyRequest('t', 'x'.repeat(1_000))).status).toBe(200);
});

test('body: a set of millions is refused at its count, and what follows at its bytes', async () => {
  const bench = await startBench({ ...off, limits: { setBytes: 10_000 } });
  const exact = Array.from({ length: 200 }, (_, index) => ({
    ...topic(`${index}`.padStart(100, '0')),
    recovery: undefined,
  }));
  expect((await bench.set(url, { exact, globs: [] })).status).toBe(413);
});

test('body: a slow sender is cut off, and others are not kept waiting', async () => {
  const bench = await startBench({ ...off, listen: { limits: { bodyGrace: 100, bodyTimeout: 200 } } });
  const said = raw(portOf(bench.url), (send) => {
    send(head('/v1/notify', 1_000));
    send('x');
  });
  expect((await bench.notifyRequest('t', 'x')).status).toBe(200);
  expect(await said).toContain(' 408 ');
});

test('body: a slow sender does not keep the stop waiting', async () => {
  const bench = await startBench({ ...off, timeouts: { drain: 100 } });
  const name = Buffer.from('t');
  const data = Buffer.from('x');
  const digest = sha512(data);
  const prefix = encodeNotifyPrefix({
    topic: name,
    digest,
    tracing: nothing,
    identifier: nothing,
    length: 1,
  });
  const operation = { kind: 'notify', topic: name, identifier: nothing, digest } as const;
  const authorization = await bench.auth.toBroadcaster.sign(operation, nothing);
  const rest = Promise.withResolvers<void>();
  const said = raw(portOf(bench.url), (send) => {
    send(head('/v1/notify', prefix.length + 1, authorization));
    send(prefix);
    void rest.promise.then(() => send(data));
  });
  await vi.waitFor(async () => expect((await bench.broadcaster.metrics()).now.publishing).toBe(1));
  await bench.broadcaster.stop();
  rest.resolve();
  expect(await said).toContain(' 503 ');
});

test('publishers: more than the limit at the same time are sent away', async () => {
  const bench = await startBench({ ...off, limits: { publishing: 1 } });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  const held = Promise.withResolvers<void>();
  one.behave(async () => {
    await held.promise;
    return false;
  });
  const first = bench.notifyRequest('t', 'x');
  await vi.waitFor(() => expect(one.requests).toBe(1));
  const second = await bench.notifyRequest('t', 'x');
  expect(second.status).toBe(503);
  expect(second.headers.get('retry-after')).toBe('1');
  held.resolve();
  expect((await first).status).toBe(200);
  expect((await bench.notifyRequest('t', 'x')).status).toBe(200);
});

test('unsubscribe-immediately over plain HTTP is not believed, whatever its status', async () => {
  for (const status of [200, 400, 403, 500]) {
    const bench = await startBench(off);
    const one = await bench.subscriber();
    await bench.subscribe(one.url, topic('t'));
    one.behave((response) => void response.writeHead(status).end(unsubscribeImmediate));
    expect(await bench.notify('t', 'x')).toBe(0);
    expect(await bench.store.subscriptions.count(), `with ${status}`).toEqual({ exact: 1, globs: 0 });
  }
});

test('unsubscribe-immediately is believed where one says so, or nothing is proven anyway', async () => {
  for (const options of [
    { trustUnsubscribe: true },
    { auth: { toBroadcaster: noAuth, toSubscriber: noAuth } },
  ]) {
    const bench = await startBench({ ...off, ...options });
    const one = await bench.subscriber();
    await bench.subscribe(one.url, topic('t'));
    await bench.subscribe(one.url, topic('other'));
    await bench.subscribe(one.url, { glob: '?' });
    one.behave((response) => void response.writeHead(400).end(unsubscribeImmediate));
    expect(await bench.notify('t', 'x')).toBe(0);
    expect(await bench.store.subscriptions.list(one.url)).toEqual({
      exact: [{ ...topic('other'), recovery: undefined }],
      globs: [],
    });
    expect(await bench.store.deliveries.counts()).toMatchObject({ deliveries: 0, deadLetters: 0 });
  }
});

test('a subscriber that redirects is not followed', async () => {
  for (const status of [301, 302, 307, 308]) {
    const bench = await startBench(off);
    const one = await bench.subscriber();
    const target = await bench.subscriber();
    await bench.subscribe(one.url, topic('t'));
    one.behave((response) => void response.writeHead(status, { location: target.url }).end());
    expect(await bench.notify('t', 'x')).toBe(0);
    expect(target.requests).toBe(0);
    const { letters } = await bench.store.undelivered.list({}, { limit: 1 });
    expect(letters[0]?.failure).toBe(`It answered ${status}.`);
  }
});

/** Takes every connection, and answers a byte at a time, for ever. */
async function tarpit(): Promise<string> {
  const timers = new Set<NodeJS.Timeout>();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume().write('HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n');
    timers.add(setInterval(() => socket.write('x'), 20));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const timer of timers) clearInterval(timer);
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/receive`;
}

test('a tarpit delays its publisher for a bound, and others not at all', async () => {
  const bench = await startBench({
    ...off,
    timeouts: { subscriber: 300, fanOut: 2_000 },
    limits: { requests: 8, perHost: 4 },
  });
  const pit = await tarpit();
  const one = await bench.subscriber();
  for (let index = 0; index < 6; index += 1) await bench.subscribe(`${pit}?${index}`, topic('t'));
  await bench.subscribe(one.url, topic('t'));
  await bench.subscribe(one.url, topic('other'));
  const begin = performance.now();
  const stuck = bench.notify('t', 'x');
  await vi.waitFor(() => expect(one.requests).toBe(1));
  expect(await bench.notify('other', 'x')).toBe(1);
  expect(await stuck).toBe(1);
  expect(performance.now() - begin).toBeLessThan(2_500);
});

test('a subscriber that answers without an end is cut off', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  let written = 0;
  one.behave((response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on('drain', more);
    more();
  });
  expect(await bench.notify('t', 'x')).toBe(0);
  expect(written).toBeLessThan(16 * 2 ** 20);
});

test('a reply that is no protocol is a failure, and nothing of it is kept or told', async () => {
  const lines: string[] = [];
  const bench = await startBench({ ...off, log: recordingLog(lines) });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave((response) => void response.end('<html>internal secrets</html>'));
  expect(await bench.notify('t', 'x')).toBe(0);
  const { letters } = await bench.store.undelivered.list({}, { limit: 1 });
  expect(letters[0]?.failure).toBe('Its answer is no confirmation.');
  expect(lines.join()).not.toContain('internal secrets');
});

function recordingLog(lines: string[]): Logger {
  const write = (message: string, fields?: LogFields) => {
    lines.push(
      `${message} ${JSON.stringify(fields, (_key, value: unknown) => (value instanceof Error ? `${value.message} ${value.stack} ${String(value.cause)}` : value))}`,
    );
  };
  return { debug: write, info: write, warn: write, error: write };
}

test('logs: no secrets, topics, payloads, or paths of subscribers', async () => {
  const lines: string[] = [];
  const secrets = { 'to-broadcaster': createSecret('token'), 'to-subscriber': createSecret('token') };
  const store = memoryBroadcasterStore();
  const bench = await startBench({
    ...off,
    auth: authBySecrets(secrets),
    log: recordingLog(lines),
    disableAfter: 1,
    store: {
      ...store,
      subscriptions: { ...store.subscriptions, unsubscribe: () => Promise.reject(new Error('It is down.')) },
    },
  });
  const one = await bench.subscriber({ path: '/a-secret-path' });
  await bench.subscribe(one.url, topic('a-secret-topic'), one.recovery);
  one.behave((response) => void response.writeHead(500).end());
  await bench.notify('a-secret-topic', 'a-secret-payload');
  await bench.post('/v1/notify', Buffer.from('garbage'), 'Bearer a-wrong-token');
  await bench.unsubscribe(one.url, topic('a-secret-topic'));
  one.behave((response) => void response.destroy());
  await bench.notify('a-secret-topic', 'a-secret-payload');
  const said = lines.join('\n');
  expect(lines.length).toBeGreaterThan(2);
  for (const secret of [
    'a-secret',
    'a-wrong-token',
    'Bearer',
    secrets['to-broadcaster'].secret,
    secrets['to-subscriber'].secret,
  ]) {
    expect(said).not.toContain(secret);
  }
});

test('spool: files are nobody else’s, have no name, and are gone when they are not needed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'spool-test-'));
  const spool = createSpool({ threshold: 10, mostBytes: 150, directory });
  const data = Buffer.alloc(100, 'x');
  async function* chunks() {
    yield data.subarray(0, 30);
    const [own] = await readdir(directory);
    expect(own).toBeDefined();
    expect((await stat(join(directory, own ?? ''))).mode & 0o777).toBe(0o700);
    expect(await readdir(join(directory, own ?? '')), 'it is unlinked before anything is in it').toEqual([]);
    yield data.subarray(30);
  }
  const spooled = await spool.take(chunks(), 100);
  if (typeof spooled === 'string') throw new Error(spooled);
  expect(spool.bytes).toBe(100);
  expect(spooled.digest).toEqual(sha512(data));
  const read = async () => {
    const parts: Uint8Array[] = [];
    for await (const chunk of spooled.body.chunks()) parts.push(chunk);
    return Buffer.concat(parts);
  };
  expect(await Promise.all([read(), read()])).toEqual([data, data]);
  expect(await spool.take(chunks(), 100), 'there is a bound to all').toBe('full');
  await spooled.release();
  await spooled.release();
  expect(spool.bytes).toBe(0);
  async function* breaking() {
    yield data.subarray(0, 30);
    throw new Error('The sender has gone.');
  }
  await expect(spool.take(breaking(), 100)).rejects.toThrow('gone');
  expect(await spool.take(chunks(), 99)).toBe('length');
  expect(spool.bytes).toBe(0);
  await spool.close();
  expect(await readdir(directory)).toEqual([]);
});

test('globs: what is made to take long does not keep others waiting', async () => {
  const bench = await startBench(off);
  const glob = `${'*a'.repeat(500)}b`;
  expect((await bench.subscribe(url, { glob })).status).toBe(200);
  for (let index = 0; index < 200; index += 1) {
    const wanted = { glob: `${glob}${index}` };
    await bench.store.subscriptions.subscribe({ url, wanted, recovery: undefined });
  }
  let turns = 0;
  const ticking = setInterval(() => {
    turns += 1;
  }, 5);
  onTestFinished(() => clearInterval(ticking));
  const begin = performance.now();
  expect(await bench.notify('a'.repeat(1_024), 'x')).toBe(0);
  expect(performance.now() - begin).toBeLessThan(10_000);
  expect(turns).toBeGreaterThan(3);
});

test('the default client calls no address that is not public', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  const { createBroadcaster } = await import('../../src/broadcaster/broadcaster.ts');
  const guarded = createBroadcaster({ store: bench.store, auth: bench.auth });
  await bench.subscribe(one.url, topic('t'));
  expect((await guarded.notify('t', 'x')).subscribers).toBe(0);
  await guarded.stop();
  expect(one.requests).toBe(0);
  const { letters } = await bench.store.undelivered.list({}, { limit: 1 });
  expect(letters[0]?.failure, 'it is not tried again').toBe('It may not be called.');
});

test('options that make no sense are refused', async () => {
  const { createBroadcaster } = await import('../../src/broadcaster/broadcaster.ts');
  const store = memoryBroadcasterStore();
  const auth = { toBroadcaster: noAuth, toSubscriber: noAuth };
  const out = outgoing();
  for (const wrong of [
    { store: null as unknown as BroadcasterStore },
    { limits: { perHost: 0 } },
    { timeouts: { fanOut: -1 } },
    { disableAfter: Number.NaN },
    { redelivery: { tries: -1 } },
    { redelivery: { factor: 0.5 } },
    { replay: { messages: 0 } },
    { self: { url: 'nonsense' } },
    { copies: 'some' as 'per-url' },
    {
      clients: [
        { name: 'a', toBroadcaster: noAuth },
        { name: 'a', toBroadcaster: noAuth },
      ],
    },
  ]) {
    expect(() => createBroadcaster({ store, auth, outgoing: out, ...wrong }), JSON.stringify(wrong)).toThrow(
      expect.objectContaining({ code: 'PUBSUB_OPTIONS' }),
    );
  }
  await out.close();
});
