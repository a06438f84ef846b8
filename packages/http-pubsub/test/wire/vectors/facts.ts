import { createHash } from 'node:crypto';
import { systemClock } from '@millrace/core';

/** What all vectors share. They were made with lonelypsp 0.0.46 and captured from lonelypsc 0.0.17 and lonelypss 0.0.11. */
const bytesFrom = (first: number) => Uint8Array.from({ length: 64 }, (_, index) => first + index);

export const secrets = {
  'to-broadcaster': { type: 'hmac', secret: Buffer.from(bytesFrom(0)).toString('base64url') },
  'to-subscriber': { type: 'hmac', secret: Buffer.from(bytesFrom(64)).toString('base64url') },
} as const;

export const url = 'http://127.0.0.1:3002/v1/receive';
export const recovery = 'http://127.0.0.1:3002/v1/recover';
export const topic = Buffer.from('foo/bar');
export const glob = 'foo/*';
export const identifier = Buffer.from('01020304', 'hex');
export const none = Buffer.alloc(0);

export function sha512(text: string | Uint8Array): Buffer {
  return createHash('sha512').update(text).digest();
}

/** A clock that stands at so many seconds since 1970. */
export function clockAt(seconds: number) {
  return { ...systemClock, now: () => seconds * 1_000 };
}
