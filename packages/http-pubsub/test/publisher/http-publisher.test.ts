import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { HttpPublisherOptions, Payload, Publisher } from '../../src/index.ts';
import { authBySecrets, hmacAuth, httpPublisher } from '../../src/index.ts';
import { eventFacts } from '../../src/wire/event-facts.ts';
import type { TestBroadcaster } from '../support/test-broadcaster.ts';
import { believing } from '../support/test-broadcaster.ts';
import { secrets, testBroadcaster } from '../subscriber/support.ts';

const folder = await mkdtemp(join(tmpdir(), 'millrace-publisher-'));
const file = join(folder, 'event');
const empty = join(folder, 'empty');
await writeFile(file, 'from a file');
await writeFile(empty, '');
afterAll(() => rm(folder, { recursive: true, force: true }));

const sha512 = (text: string) => createHash('sha512').update(text).digest();
const pieces = ['in ', 'pieces'].map((text) => Buffer.from(text));
const payloads: readonly (readonly [string, Payload, string])[] = [
  ['bytes', Uint8Array.of(104, 105), 'hi'],
  ['a text', 'Grüße', 'Grüße'],
  ['nothing', '', ''],
  ['JSON', { json: { order: 1 } }, '{"order":1}'],
  ['a file', { file }, 'from a file'],
  ['an empty file', { file: empty }, ''],
  ['a stream', { stream: Readable.from(pieces) }, 'in pieces'],
  [
    'a stream that is known',
    { stream: () => Readable.from(pieces), length: 9, sha512: sha512('in pieces') },
    'in pieces',
  ],
];

describe('a publisher', () => {
  test.each(payloads)('publishes %s', async (_name, payload, bytes) => {
    const { publisher, broadcaster } = await publishing({ spool: { threshold: 4 } });
    await expect(publisher.notify('orders/placed', payload)).resolves.toEqual({ notified: 3 });
    expect(broadcaster.published.map((it) => it.bytes.toString())).toEqual([bytes]);
    expect(String(broadcaster.published[0]?.topic)).toBe('orders/placed');
  });

  test('tells of an event what Millrace knows of it', async () => {
    const { publisher, broadcaster } = await publishing();
    const facts = { id: 'one', key: 'customer-7', time: new Date(5), headers: { origin: 'shop' } };
    await publisher.notify(Uint8Array.of(255), 'x', facts);
    await publisher.notify('a', 'x');
    const [first, second] = broadcaster.published;
    expect(eventFacts(first?.tracing ?? new Uint8Array())).toEqual(facts);
    expect(eventFacts(second?.tracing ?? new Uint8Array())).toMatchObject({
      id: expect.stringMatching(/^[\da-f-]{36}$/),
      time: expect.any(Date),
    });
  });

  test.each([
    ['a topic that is too long', 'x'.repeat(65_536), 'x', {}, 'PUBSUB_OPTIONS'],
    ['headers that are too long', 'x', 'x', { headers: { long: 'x'.repeat(65_536) } }, 'PUBSUB_OPTIONS'],
    ['what is no payload', 'x', 7 as unknown as Payload, {}, 'PUBSUB_OPTIONS'],
    [
      'a digest that is none',
      'x',
      { stream: () => Readable.from([]), length: 0, sha512: pieces[0] },
      {},
      'PUBSUB_OPTIONS',
    ],
    ['what JSON has no word for', 'x', { json: undefined }, {}, 'PUBSUB_PAYLOAD'],
    ['a file that is not there', 'x', { file: join(folder, 'other') }, {}, 'PUBSUB_PAYLOAD'],
    ['a stream that breaks', 'x', { stream: broken() }, {}, 'PUBSUB_PAYLOAD'],
  ] as const)('refuses %s', async (_name, topic, payload, options, code) => {
    const { publisher, broadcaster } = await publishing();
    await expect(publisher.notify(topic, payload as Payload, options)).rejects.toMatchObject({ code });
    expect(broadcaster.asked).toEqual([]);
  });
});

describe('a publication', () => {
  test('whose reply is lost is open, and not made again unless that is wanted', async () => {
    const { publisher, broadcaster } = await publishing();
    broadcaster.faults.push({ path: /notify/, after: true });
    await expect(publisher.notify('a', 'x')).rejects.toMatchObject({ code: 'PUBSUB_AMBIGUOUS' });
    expect(broadcaster.published).toHaveLength(1);
  });

  test('that is made again has the same id, and proofs of its own', async () => {
    const { publisher, broadcaster } = await publishing({ retryAmbiguous: true });
    broadcaster.faults.push({ path: /notify/, after: true });
    await expect(publisher.notify('a', { stream: Readable.from(pieces) })).resolves.toEqual({ notified: 3 });
    const [first, second] = broadcaster.published;
    expect(first?.tracing).toEqual(second?.tracing);
    expect(first?.bytes).toEqual(second?.bytes);
    expect(first?.identifier).not.toEqual(second?.identifier);
  });

  test.each([502, 503, 429])('goes to the next broadcaster after %i', async (status) => {
    const other = await testBroadcaster();
    const { publisher, broadcaster } = await publishing({}, [other]);
    broadcaster.faults.push({ path: /notify/, reply: { status } });
    await expect(publisher.notify('a', 'x')).resolves.toEqual({ notified: 3 });
    expect([broadcaster.published.length, other.published.length]).toEqual([0, 1]);
  });

  test('that nobody wants is refused by name', async () => {
    const strangers = hmacAuth({ secrets: [Buffer.alloc(64).toString('base64url')] });
    const { publisher, broadcaster } = await publishing({
      auth: { ...authBySecrets(secrets), toBroadcaster: strangers },
    });
    await expect(publisher.notify('a', 'x')).rejects.toMatchObject({
      code: 'PUBSUB_REFUSED',
      message: expect.stringContaining('clocks'),
    });
    expect(broadcaster.asked).toHaveLength(1);
  });

  test('that a stranger says to have taken is open', async () => {
    const { publisher } = await publishing({}, [], await testBroadcaster({ auth: believing }));
    await expect(publisher.notify('a', 'x')).rejects.toMatchObject({
      code: 'PUBSUB_AMBIGUOUS',
      cause: expect.objectContaining({ code: 'PUBSUB_FORGED' }),
    });
  });

  test('can be given up', async () => {
    const { publisher } = await publishing();
    await expect(publisher.notify('a', 'x', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

test.each([
  [{ broadcasters: [] }],
  [{ broadcasters: [{ url: 'ws://a' }] }],
  [{ broadcasters: [{ url: 'http://user:secret@a' }] }],
  [{ broadcasters: [{ url: 'http://a' }, { url: 'http://a/' }] }],
  [{ broadcasters: [{ url: 'http://a', priority: Number.NaN }] }],
  [{ broadcasters: [{ url: 'http://a' }], calls: { retries: -1 } }],
  [{ broadcasters: [{ url: 'http://a' }], timeouts: { total: 0 } }],
])('%j makes no sense', (options) => {
  expect(() => httpPublisher(options)).toThrow(expect.objectContaining({ code: 'PUBSUB_OPTIONS' }));
});

async function publishing(
  options: Partial<HttpPublisherOptions> = {},
  others: readonly TestBroadcaster[] = [],
  first?: TestBroadcaster,
): Promise<{ readonly publisher: Publisher; readonly broadcaster: TestBroadcaster }> {
  const broadcaster = first ?? (await testBroadcaster());
  const publisher = httpPublisher({
    broadcasters: [broadcaster, ...others].map(({ url }, priority) => ({ url, priority })),
    auth: authBySecrets(secrets),
    calls: { delay: 1 },
    ...options,
  });
  onTestFinished(() => publisher.close());
  return { publisher, broadcaster };
}

async function* broken(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('x');
  throw new Error('it broke');
}
