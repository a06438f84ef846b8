import { expect, test } from 'vitest';
import { hmacAuth } from '../../src/index.ts';
import { connectionNonce } from '../../src/wire.ts';
import type { Operation } from '../../src/wire/auth/operation.ts';
import { directionOf } from '../../src/wire/auth/operation.ts';
import { etagOf } from '../../src/wire/etag.ts';
import { clockAt, glob, identifier, none, recovery, secrets, sha512, topic, url } from './vectors/facts.ts';
import macs from './vectors/macs.json' with { type: 'json' };

const digest = sha512('Hello, world!');
const etag = etagOf(url, { exact: [{ topic, recovery }], globs: [{ glob, recovery }] });
const zeros = Buffer.alloc(32, 0x00);
const ones = Buffer.alloc(32, 0xff);
const nonce = connectionNonce(zeros, ones);
const socket = (counter: string) => `websocket:${nonce}:${counter}`;

const operations: Readonly<Record<keyof typeof macs, Operation>> = {
  'subscribe exact': { kind: 'subscribe-exact', url, recovery, topic },
  'unsubscribe exact': { kind: 'subscribe-exact', url, topic },
  'subscribe exact over a WebSocket': { kind: 'subscribe-exact', url: socket('-1'), topic },
  'subscribe glob': { kind: 'subscribe-glob', url, recovery, glob },
  notify: { kind: 'notify', topic, identifier, digest },
  'notify with tracing': { kind: 'notify', topic, identifier, digest },
  configure: { kind: 'configure', nonce: zeros, zstd: true, training: false, dictionary: 0 },
  check: { kind: 'check', url },
  set: { kind: 'set', url, etag },
  'continue receive': { kind: 'continue-receive', identifier, part: 0, url: socket('-1') },
  'confirm receive': { kind: 'confirm-receive', identifier, subscribers: 1, url },
  'confirm missed': { kind: 'confirm-missed', topic, url: recovery },
  receive: { kind: 'receive', url, topic, identifier, digest },
  'receive over a WebSocket': { kind: 'receive', url: socket('1'), topic, identifier, digest },
  missed: { kind: 'missed', url: recovery, topic },
  'confirm subscribe exact': { kind: 'confirm-subscribe-exact', url, recovery, topic },
  'confirm subscribe glob': { kind: 'confirm-subscribe-glob', url, recovery, glob },
  'confirm notify': { kind: 'confirm-notify', identifier, subscribers: 3, topic, digest },
  'confirm check': { kind: 'confirm-check', etag },
  'confirm set': { kind: 'confirm-set', etag },
  'confirm configure': { kind: 'confirm-configure', nonce: ones },
  'enable zstd preset': {
    kind: 'enable-zstd-preset',
    url: socket('1'),
    id: 1,
    level: 3,
    minSize: 16_384,
    maxSize: 2n ** 64n - 1n,
  },
  'enable zstd custom': {
    kind: 'enable-zstd-custom',
    url: socket('1'),
    id: 65_536,
    level: 3,
    minSize: 32,
    maxSize: 16_384n,
    digest,
  },
  'disable zstd custom': { kind: 'disable-zstd-custom', id: 65_536, url: socket('1') },
  'continue notify': { kind: 'continue-notify', identifier, part: 0 },
};

const names = Object.keys(operations) as (keyof typeof macs)[];

test.each(names)('%s is signed as lonelypsp signs it', async (name) => {
  const operation = operations[name];
  const tracing = name === 'notify with tracing' ? Buffer.from('abc') : none;
  const parts = { clock: clockAt(1_700_000_000), randomBytes: () => new Uint8Array(4) };
  const scheme = hmacAuth({ ...parts, secrets: [secrets[directionOf(operation)].secret] });
  const authorization = `X-HMAC 1700000000:AAAAAA:${macs[name]}`;
  expect(await scheme.sign(operation, tracing)).toBe(authorization);
  expect(await scheme.verify(operation, tracing, authorization)).toBe('accepted');
});

test('every kind of operation has a vector', () => {
  expect(new Set(Object.values(operations).map(({ kind }) => kind)).size).toBe(21);
});
