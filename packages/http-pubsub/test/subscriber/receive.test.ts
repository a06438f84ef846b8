import { describe, expect, test, vi } from 'vitest';
import { encodeEventFacts } from '../../src/wire/event-facts.ts';
import { unsubscribeImmediate } from '../../src/wire.ts';
import { subscribing } from './support.ts';

const topic = 'orders/placed';
const json = (value: unknown) => Buffer.from(JSON.stringify(value));

describe('a message', () => {
  test('is handled, then confirmed', async () => {
    const { broadcaster, handled, url } = await subscribing();
    const { confirmed } = await broadcaster.deliver({ url, topic, bytes: json({ order: 1 }) });
    expect(confirmed).toBe(true);
    expect(handled).toMatchObject([{ type: topic, data: { order: 1 } }]);
  });

  test('brings what a publisher of ours tells of it', async () => {
    const { broadcaster, handled, url } = await subscribing();
    const time = new Date(1_700_000_000_000);
    const tracing = encodeEventFacts({ id: 'one', key: 'customer-7', time, headers: { origin: 'shop' } });
    await broadcaster.deliver({ url, topic, bytes: json(1), tracing });
    expect(handled).toMatchObject([{ id: 'one', key: 'customer-7', time, headers: { origin: 'shop' } }]);
  });

  test('takes effect once, when overlapping subscriptions bring it twice', async () => {
    const { broadcaster, handled, url } = await subscribing({ globs: ['orders/*'] });
    const sent = { url, topic, bytes: json({ order: 1 }) };
    const replies = [await broadcaster.deliver(sent), await broadcaster.deliver(sent)];
    expect(replies.map(({ confirmed }) => confirmed)).toEqual([true, true]);
    expect(handled).toHaveLength(1);
  });

  test('of a topic that is not UTF-8 has the bytes of it as its type', async () => {
    const binary = Uint8Array.of(0xff, 0, 1);
    const { broadcaster, handled, url } = await subscribing({ exact: [binary] });
    expect((await broadcaster.deliver({ url, topic: binary, bytes: json(1) })).confirmed).toBe(true);
    expect(handled).toMatchObject([{ type: '0xff0001' }]);
  });

  test('that is no JSON is dead, and confirmed, for it would never be anything else', async () => {
    const { broadcaster, consumer, url } = await subscribing();
    expect((await broadcaster.deliver({ url, topic, bytes: Buffer.from('{') })).confirmed).toBe(true);
    expect((await consumer.deadLetters.list()).letters).toMatchObject([
      { error: { code: 'PUBSUB_PAYLOAD' } },
    ]);
  });
});

describe('a handler that fails', () => {
  test('is retried in place by a broadcaster that delivers once', async () => {
    let runs = 0;
    const { broadcaster, url } = await subscribing({
      retry: { attempts: 3, delay: 1 },
      handle: async () => {
        runs += 1;
        if (runs < 3) throw new Error('not yet');
      },
    });
    expect((await broadcaster.deliver({ url, topic, bytes: json(1) })).confirmed).toBe(true);
    expect(runs).toBe(3);
  });

  test('is told to a broadcaster that delivers again, with the time to wait', async () => {
    const { broadcaster, url } = await subscribing({
      redelivers: true,
      retry: { attempts: 3, delay: 2_500, maxDelay: 2_500 },
      handle: async () => Promise.reject(new Error('never')),
    });
    const { status, headers, body } = await broadcaster.deliver({ url, topic, bytes: json(1) });
    expect([status, body.length]).toEqual([503, 0]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(3);
  });

  test.each([
    [{}, 'confirmed'],
    [{ onHandlerTimeout: 'fail' }, 503],
    [{ redelivers: true }, 503],
    [{ redelivers: true, onHandlerTimeout: 'confirm' }, 'confirmed'],
  ] as const)('by taking too long, with %j, hears: %s; and goes on', async (options, expected) => {
    const gate = Promise.withResolvers<void>();
    const { broadcaster, handled, url } = await subscribing({
      handlerTimeout: 20,
      ...options,
      handle: () => gate.promise,
    });
    const { confirmed, status } = await broadcaster.deliver({ url, topic, bytes: json(1) });
    expect(confirmed ? 'confirmed' : status).toBe(expected);
    expect(handled).toEqual([]);
    gate.resolve();
    await vi.waitFor(() => expect(handled).toHaveLength(1));
  });
});

describe('back-pressure', () => {
  test('is said with 503 before a body is read, and ends', async () => {
    const gate = Promise.withResolvers<void>();
    const { broadcaster, handled, url } = await subscribing({
      concurrency: 1,
      prefetch: 0,
      maxWaiting: 1,
      handle: () => gate.promise,
    });
    const taken = ['a', 'b'].map((name) => broadcaster.deliver({ url, topic, bytes: json(name) }));
    const busy = await vi.waitFor(async () => {
      const reply = await broadcaster.deliver({ url, topic, bytes: json(`c${Math.random()}`) });
      expect(reply.status).toBe(503);
      return reply;
    });
    expect(busy.headers.get('retry-after')).toBe('1');
    gate.resolve();
    expect((await Promise.all(taken)).map(({ status }) => status)).toEqual([200, 200]);
    await vi.waitFor(() => expect(handled.length).toBeGreaterThanOrEqual(2));
    expect((await broadcaster.deliver({ url, topic, bytes: json('d') })).confirmed).toBe(true);
  });
});

describe('what is not proven', () => {
  test('costs neither the event nor the subscription', async () => {
    const { broadcaster, handled, url } = await subscribing();
    const sent = { url, topic, bytes: json(1) };
    const none = await broadcaster.deliver({ ...sent, headers: { authorization: '' } });
    const forged = await broadcaster.deliver({ ...sent, headers: { authorization: 'X-HMAC 1:a:b' } });
    const otherDigest = await broadcaster.deliver({ ...sent, digest: () => `sha-512=${'A'.repeat(86)}==` });
    const otherBytes = await broadcaster.deliver({ ...sent, forged: json(2) });
    const noDigest = await broadcaster.deliver({ ...sent, digest: () => 'sha-256=AAAA' });
    const replies = [none, forged, otherDigest, otherBytes, noDigest];
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403, 403, 400]);
    for (const { body } of replies) expect(body).toHaveLength(0);
    expect(handled).toEqual([]);
  });

  test('is not believed a second time', async () => {
    const { broadcaster, handled, url } = await subscribing();
    const sent = { url, topic, bytes: json(1) };
    const spy = vi.spyOn(globalThis, 'fetch');
    await broadcaster.deliver(sent);
    const call = spy.mock.calls.at(-1);
    spy.mockRestore();
    const authorization = (call?.[1]?.headers as Record<string, string> | undefined)?.['authorization'];
    expect(authorization).toMatch(/^X-HMAC/);
    const copy = await fetch(call?.[0] as string, call?.[1]);
    expect(copy.status).toBe(403);
    expect(handled).toHaveLength(1);
  });
});

describe('what is not wanted', () => {
  test('ends its subscription, when nothing but exact ones can have brought it', async () => {
    const { broadcaster, url } = await subscribing();
    const { status, body } = await broadcaster.deliver({ url, topic: 'other', bytes: json(1) });
    expect([status, body]).toEqual([200, Buffer.from(unsubscribeImmediate)]);
  });

  test('is confirmed where a glob may mean something else to the broadcaster', async () => {
    const { broadcaster, handled, url } = await subscribing({ globs: ['orders/*'] });
    expect((await broadcaster.deliver({ url, topic: 'orders/a/b', bytes: json(1) })).confirmed).toBe(true);
    expect(handled).toEqual([]);
  });

  test('is what the dialect says', async () => {
    const { broadcaster, handled, url } = await subscribing({ globs: ['orders/*'], globDialect: 'sqlite' });
    await broadcaster.deliver({ url, topic: 'orders/a/b', bytes: json(1) });
    expect(handled).toHaveLength(1);
  });
});

describe('a large message', () => {
  test('lies in a file, and is a stream as often as wanted', async () => {
    const bytes = Buffer.alloc(200_000, 'abc');
    const seen: string[] = [];
    const { broadcaster, consumer, source, url } = await subscribing({
      decode: 'stream',
      spool: { threshold: 100_000 },
      retry: { attempts: 2, delay: 1 },
      async handle({ data }, { attempt }) {
        const body = data as { chunks(): AsyncIterable<Buffer>; readonly spooled: boolean };
        let text = '';
        for await (const chunk of body.chunks()) text += chunk.toString();
        seen.push(`${body.spooled} ${text === bytes.toString()}`);
        if (attempt === 1) throw new Error('once more');
      },
    });
    expect((await broadcaster.deliver({ url, topic, bytes })).confirmed).toBe(true);
    expect(seen).toEqual(['true true', 'true true']);
    expect(consumer.health().sources[source]?.details).toMatchObject({ spooled: 0 });
  });

  test('is decoded all the same, when that is asked for', async () => {
    const { broadcaster, handled, url } = await subscribing({ spool: { threshold: 10 } });
    await broadcaster.deliver({ url, topic, bytes: json({ long: 'x'.repeat(100) }) });
    expect(handled).toMatchObject([{ data: { long: 'x'.repeat(100) } }]);
  });

  test('waits outside when the files are full, and is refused when it is too large', async () => {
    const { broadcaster, url } = await subscribing({
      spool: { threshold: 10, quota: 1_000 },
      maxBody: 10_000,
    });
    const deliver = (size: number) => broadcaster.deliver({ url, topic, bytes: Buffer.alloc(size, '1') });
    expect((await deliver(2_000)).status).toBe(503);
    expect((await deliver(20_000)).status).toBe(413);
    expect((await deliver(900)).confirmed).toBe(true);
  });
});
