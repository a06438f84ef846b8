import { createHash, randomBytes } from 'node:crypto';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Body } from '../../src/receive/spool.ts';
import { bodyOf, createSpooling } from '../../src/receive/spool.ts';
import { encodeBroadcasterMessage } from '../../src/wire.ts';
import { createCompressors } from '../../src/websocket/compressors.ts';
import { zstd } from '../../src/websocket/zstd.ts';
import captured from '../wire/vectors/captured-zstd.json' with { type: 'json' };
import { topic } from '../wire/vectors/facts.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { notification, openClient } from './support/client.ts';
import { scriptedBroadcaster, unsigned } from './support/scripted-broadcaster.ts';
import { eventually } from './support/eventually.ts';
import { needsZstd } from './support/needs-zstd.ts';

const spooling = createSpooling();
const line = '{"k":"v","n":12345}\n';

function decompress(body: Body, length: number, dictionary?: Uint8Array) {
  const compressors = createCompressors({ zstd, spooling });
  compressors.enable({ id: 1, level: 3, minSize: 1, maxSize: 2n ** 64n - 1n, dictionary });
  return compressors.decompress(1, body, length);
}

describe('where Node has zstd', needsZstd(), () => {
  test('what lonelypsc has compressed is read', async () => {
    const body = await decompress(bodyOf(Buffer.from(captured.payload, 'hex')), captured.decompressedLength);
    expect(body.bytes().toString()).toBe(line.repeat(1_000));
  });

  test('a captured event goes through a connection', async () => {
    await using broadcaster = await scriptedBroadcaster();
    await using client = await openClient(broadcaster.url);
    broadcaster.say({
      kind: 'enable-zstd-preset',
      ...unsigned,
      dictionary: 1,
      level: 3,
      minSize: 16_384,
      maxSize: 2n ** 64n - 1n,
    });
    broadcaster.say({
      kind: 'receive-stream',
      ...unsigned,
      identifier: Buffer.from(captured.identifier, 'hex'),
      part: 0,
      topic: Buffer.from(captured.topic, 'hex'),
      compressor: 1,
      compressedLength: 37,
      decompressedLength: captured.decompressedLength,
      compressedDigest: Buffer.from(captured.digest, 'hex'),
      payload: Buffer.from(captured.payload, 'hex'),
    });
    await eventually(() => expect(client.received).toHaveLength(1));
    expect(client.received[0]?.digest).toEqual(createHash('sha512').update(line.repeat(1_000)).digest());
  });

  test.each([
    ['one byte more', 20_001],
    ['one byte less', 19_999],
  ])('a message that says %s than comes out is refused', async (_what, length) => {
    const body = bodyOf(Buffer.from(captured.payload, 'hex'));
    await expect(decompress(body, length)).rejects.toMatchObject({ code: 'PUBSUB_MALFORMED' });
    expect(spooling.used).toBe(0);
  });

  test('a small message that becomes a large one is not unpacked beyond what it says', async () => {
    const bomb = bodyOf(zlib.zstdCompressSync(Buffer.alloc(64 * 1024 ** 2)));
    expect(bomb.length).toBeLessThan(10_000);
    // Files that took in more would have no room for it, which is another error.
    const narrow = createSpooling({ threshold: 1_000, quota: 1_000 });
    const compressors = createCompressors({ zstd, spooling: narrow });
    compressors.enable({ id: 1, level: 3, minSize: 1, maxSize: 2n ** 64n - 1n });
    await expect(compressors.decompress(1, bomb, 1_000)).rejects.toMatchObject({ code: 'PUBSUB_MALFORMED' });
  });

  test('a frame that wants more than 8 MiB to look back to is refused', async () => {
    const { ZSTD_c_windowLog, ZSTD_c_contentSizeFlag } = zlib.constants;
    const content = Buffer.alloc(20 * 1024 ** 2, 'window');
    const compressWith = (windowLog: number) =>
      bodyOf(
        zlib.zstdCompressSync(content, {
          params: { [ZSTD_c_windowLog]: windowLog, [ZSTD_c_contentSizeFlag]: 0 },
        }),
      );
    await expect(decompress(compressWith(24), content.length)).rejects.toMatchObject({
      code: 'PUBSUB_MALFORMED',
    });
    const taken = await decompress(compressWith(23), content.length);
    expect(taken.length).toBe(content.length);
    await taken.dispose();
  });

  test.each([
    ['cut off', (frame: Buffer) => frame.subarray(0, frame.length - 4)],
    ['garbage', (frame: Buffer) => Buffer.from(frame.map((byte) => byte ^ 0xff))],
  ])('a frame that is %s is refused', async (_what, spoil) => {
    const body = bodyOf(spoil(Buffer.from(captured.payload, 'hex')));
    await expect(decompress(body, 20_000)).rejects.toMatchObject({ code: 'PUBSUB_MALFORMED' });
  });
});

describe('where Node has zstd with dictionaries', needsZstd({ dictionaries: true }), () => {
  const dictionary = Buffer.from(line.repeat(40));
  const content = Buffer.from(line.repeat(3));

  test('both sides compress with a dictionary that they agreed on', async () => {
    const compression = { dictionaries: { 2: dictionary }, initial: 2 };
    await using broadcaster = await startBroadcaster({ compression: { dictionaries: { 2: dictionary } } });
    await using client = await openClient(broadcaster.url, { compression });
    await client.subscribe({ topic });
    expect(await client.notify(notification(topic, content))).toBe(1);
    await eventually(() => expect(client.received).toHaveLength(1));
    expect(client.received[0]?.body?.bytes()).toEqual(content);
  });

  test('a broadcaster that knows nothing of the dictionary ends the connection', async () => {
    await using broadcaster = await startBroadcaster();
    const compression = { dictionaries: { 2: dictionary }, initial: 2 };
    await expect(openClient(broadcaster.url, { compression })).rejects.toMatchObject({
      code: 'PUBSUB_CONNECTION_LOST',
    });
  });

  test('a dictionary that the broadcaster has trained is taken, and forgotten again', async () => {
    await using broadcaster = await scriptedBroadcaster();
    await using client = await openClient(broadcaster.url);
    const compressed = await zstd?.compress(content, { level: 3, dictionary });
    const payload = compressed ?? Buffer.alloc(0);
    const message = {
      kind: 'receive-stream',
      ...unsigned,
      identifier: randomBytes(4),
      part: 0,
      topic,
      compressor: 65_536,
      compressedLength: payload.length,
      decompressedLength: content.length,
      compressedDigest: createHash('sha512').update(payload).digest(),
      payload,
    } as const;
    broadcaster.say(
      encodeBroadcasterMessage({
        kind: 'enable-zstd-custom',
        ...unsigned,
        dictionary: 65_536,
        level: -3,
        minSize: 32,
        maxSize: 16_384n,
        dictionaryDigest: createHash('sha512').update(dictionary).digest(),
        payload: dictionary,
      }),
    );
    broadcaster.say(message);
    await eventually(() => expect(client.received).toHaveLength(1));
    expect(client.received[0]?.body?.bytes()).toEqual(content);
    broadcaster.say({ kind: 'disable-zstd-custom', ...unsigned, dictionary: 65_536 });
    broadcaster.say(message);
    expect(await client.ended).toMatchObject({ code: 'PUBSUB_MALFORMED' });
  });
});

test('without zstd a connection says so, and nothing is compressed', async () => {
  await using broadcaster = await scriptedBroadcaster();
  await using client = await openClient(broadcaster.url, { compression: false });
  expect(client.received).toEqual([]);
  expect(broadcaster.heard).toMatchObject([{ kind: 'configure', enableZstd: false, initialDictionary: 0 }]);
});
