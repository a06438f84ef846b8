import { expect, test, vi } from 'vitest';
import { memoryBroadcasterStore } from '../../src/broadcaster/memory/memory-store.ts';
import { eventFacts } from '../../src/wire/event-facts.ts';
import { notifyReply } from '../../src/wire/stateless/responses.ts';
import { notifyTrace } from '../../src/wire/tracing.ts';
import { decode } from '../../src/wire/codec/decoding.ts';
import { replyOf, startBench, topic } from './support/bench.ts';

const off = { redelivery: false } as const;

test('a message reaches who subscribed, by topic and by glob, signed for each', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  const two = await bench.subscriber();
  const three = await bench.subscriber();
  expect((await bench.subscribe(one.url, topic('orders/eu'))).status).toBe(200);
  expect((await bench.subscribe(two.url, { glob: 'orders/*' })).status).toBe(200);
  expect((await bench.subscribe(three.url, topic('other'))).status).toBe(200);
  expect(await bench.notify('orders/eu', 'hello')).toBe(2);
  for (const { received } of [one, two]) {
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({
      topic: Buffer.from('orders/eu'),
      data: Buffer.from('hello'),
      verdict: 'accepted',
    });
    expect(received[0]?.headers['repr-digest']).toMatch(/^sha-512=[A-Za-z0-9+/]{86}==$/);
    expect(received[0]?.headers['content-length']).toBeDefined();
  }
  expect(three.requests).toBe(0);
  const [first] = one.received;
  const [second] = two.received;
  const id = first && eventFacts(first.tracing)?.id;
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(second && eventFacts(second.tracing)?.id, 'it is the same message').toBe(id);
  expect(first?.identifier.equals(second?.identifier ?? Buffer.alloc(0)), 'and not the same attempt').toBe(
    false,
  );
});

test('a URL with several matching subscriptions gets one copy', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('a/b'));
  await bench.subscribe(one.url, { glob: 'a/*' });
  await bench.subscribe(one.url, { glob: '**' });
  expect(await bench.notify('a/b', 'x')).toBe(1);
  expect(one.received).toHaveLength(1);
});

test('or as many as it has, as with lonelypss', async () => {
  const bench = await startBench({ ...off, copies: 'per-subscription' });
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('a/b'));
  await bench.subscribe(one.url, { glob: 'a/*' });
  expect(await bench.notify('a/b', 'x')).toBe(2);
  expect(one.received).toHaveLength(2);
});

test('a reply to notify is signed, and tells nothing of who subscribed', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber({ path: '/secret-path' });
  await bench.subscribe(one.url, topic('t'));
  const response = await bench.notifyRequest('t', 'x');
  expect(response.headers.get('content-type')).toBe('application/octet-stream');
  expect(response.headers.get('content-length')).not.toBeNull();
  const reply = await replyOf(response, notifyReply());
  const trace = decode(notifyTrace(), reply.tracing);
  expect(trace.entries).toHaveLength(1);
  expect(Buffer.from(reply.tracing).toString('latin1')).not.toContain('secret-path');
});

test('regression: a subscriber that confirms with status 500 has not got it', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave(async (response, received) => {
    if (!received) return;
    response.writeHead(500).end(await one.confirmation(received));
  });
  expect(await bench.notify('t', 'x')).toBe(0);
  expect((await bench.broadcaster.metrics()).stored?.deadLetters).toBe(1);
});

test('regression: a confirmation of another identifier counts for nothing', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  one.behave(async (response, received) => {
    if (received) response.end(await one.confirmation({ ...received, identifier: Buffer.alloc(8) }));
  });
  expect(await bench.notify('t', 'x')).toBe(0);
  const { letters } = await bench.store.undelivered.list({}, { limit: 10 });
  expect(letters[0]?.failure).toBe('It confirmed something else.');
});

test('the count is the sum of what relays say, within what the reply can say', async () => {
  const bench = await startBench(off);
  for (const subscribers of [3, 2 ** 32 - 1]) {
    const one = await bench.subscriber();
    await bench.subscribe(one.url, topic('t'));
    one.behave(async (response, received) => {
      if (received) response.end(await one.confirmation(received, { subscribers }));
    });
  }
  expect(await bench.notify('t', 'x')).toBe(2 ** 32 - 1);
});

test('a slow subscriber delays neither others nor, for long, the publisher; it is not told twice', async () => {
  const bench = await startBench({ timeouts: { fanOut: 1_000, subscriber: 20_000 } });
  const slow = await bench.subscriber();
  const fast = await bench.subscriber();
  await bench.subscribe(slow.url, topic('t'));
  await bench.subscribe(fast.url, topic('t'));
  const answered = Promise.withResolvers<void>();
  slow.behave(async () => {
    await answered.promise;
    return false;
  });
  expect(await bench.notify('t', 'x')).toBe(1);
  expect(fast.received).toHaveLength(1);
  expect((await bench.broadcaster.metrics()).stored?.deliveries, 'it is kept for the slow one').toBe(1);
  answered.resolve();
  await vi.waitFor(async () => expect((await bench.broadcaster.metrics()).stored?.deliveries).toBe(0));
  expect(slow.received).toHaveLength(1);
});

test('many subscribers are told at the same time, within the limit of a host', async () => {
  const bench = await startBench({ ...off, limits: { perHost: 3 } });
  const one = await bench.subscriber();
  let now = 0;
  let most = 0;
  one.behave(async (_response, received) => {
    if (received) most = Math.max(most, (now += 1));
    await new Promise((resolve) => setImmediate(resolve));
    now -= 1;
    return false;
  });
  // One host, many subscribers: only the path differs, so that none but the first confirms what it should.
  for (let index = 0; index < 12; index += 1) await bench.subscribe(`${one.url}?${index}`, topic('t'));
  await bench.notify('t', 'x');
  expect(one.received).toHaveLength(12);
  expect(most).toBeLessThanOrEqual(3);
  expect(most).toBeGreaterThan(1);
});

test('an empty message, a binary topic, and 24 MiB', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  const binary = Buffer.from([0xff, 0x00, 0x0a]);
  const large = Buffer.alloc(24 * 2 ** 20, 'large');
  await bench.subscribe(one.url, { topic: binary });
  expect(await bench.notify(binary, '')).toBe(1);
  expect(await bench.notify(binary, large)).toBe(1);
  expect(one.received.map(({ data, verdict }) => [data.length, verdict])).toEqual([
    [0, 'accepted'],
    [large.length, 'accepted'],
  ]);
  expect(one.received[1]?.data.equals(large)).toBe(true);
  await vi.waitFor(async () => expect((await bench.broadcaster.metrics()).now.spooled).toBe(0));
});

test('from inside of the process, with facts', async () => {
  const bench = await startBench(off);
  const one = await bench.subscriber();
  await bench.subscribe(one.url, topic('t'));
  const published = await bench.broadcaster.notify('t', 'hello', {
    id: 'order-7',
    key: 'k',
    headers: { a: 'b' },
  });
  expect(published).toEqual({ subscribers: 1, id: 'order-7' });
  const [message] = one.received;
  expect(message?.data.toString()).toBe('hello');
  expect(message && eventFacts(message.tracing)).toEqual({ id: 'order-7', key: 'k', headers: { a: 'b' } });
});

test('subscribers inside of the process are told directly, and count', async () => {
  const store = memoryBroadcasterStore();
  const other = await startBench({ ...off, store });
  // Where other broadcasters would tell those that are connected to this one.
  const self = await other.subscriber();
  const bench = await startBench({ ...off, store, auth: other.auth, self: { url: self.url } });
  await store.subscriptions.subscribe({ url: self.url, wanted: topic('t'), recovery: undefined });
  const told: string[] = [];
  const detach = bench.broadcaster.attachLocal({
    wants: (name) => Buffer.from(name).toString() === 't',
    async receive({ body }) {
      for await (const chunk of body.chunks()) told.push(Buffer.from(chunk).toString());
      return 2;
    },
    missed: () => {},
  });
  expect(await bench.notify('t', 'x')).toBe(2);
  expect(await bench.notify('other', 'x')).toBe(0);
  expect(told).toEqual(['x']);
  expect(self.requests).toBe(0);
  expect(await other.notify('t', 'x'), 'others take the detour').toBe(1);
  expect(self.requests).toBe(1);
  detach();
  expect(await bench.notify('t', 'x')).toBe(0);
});
