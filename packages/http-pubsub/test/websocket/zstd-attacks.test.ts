import { createHash } from 'node:crypto';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { topic } from '../wire/vectors/facts.ts';
import { startBroadcaster } from './support/broadcaster.ts';
import { eventually } from './support/eventually.ts';
import { needsZstd } from './support/needs-zstd.ts';
import { configure, rawPeer } from './support/raw-peer.ts';
import { unsigned } from './support/scripted-broadcaster.ts';

describe('where Node has zstd', needsZstd(), () => {
  test('a subscriber that asks for a dictionary that nobody knows loses its socket', async () => {
    await using broadcaster = await startBroadcaster();
    await using peer = await rawPeer(broadcaster.url);
    peer.say({ ...configure, enableZstd: true, initialDictionary: 7 });
    expect(await peer.closed).toBe(1000);
    await eventually(() => expect(broadcaster.endpoint.sockets).toBe(0));
  });

  test('an event that unpacks to more than it says loses its socket', async () => {
    const bomb = zlib.zstdCompressSync(Buffer.alloc(32 * 1024 ** 2));
    await using broadcaster = await startBroadcaster({ maxBody: 1_000_000 });
    await using peer = await rawPeer(broadcaster.url);
    peer.say({ ...configure, enableZstd: true });
    await eventually(() => expect(peer.heard.at(-1)?.kind).toBe('enable-zstd-preset'));
    peer.say({
      kind: 'notify',
      ...unsigned,
      identifier: Buffer.from('01020304', 'hex'),
      topic,
      compressor: 1,
      compressedLength: bomb.length,
      decompressedLength: 1_000_000,
      compressedDigest: createHash('sha512').update(bomb).digest(),
      payload: bomb,
    });
    expect(await peer.closed).toBe(1000);
    expect(broadcaster.published).toEqual([]);
  });
});
