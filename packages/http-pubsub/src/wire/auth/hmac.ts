import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@millrace/core';
import { systemClock } from '@millrace/core';
import { httpPubsubError } from '../../errors.ts';
import type { Operation, Stamp } from './operation.ts';
import { signedBytes } from './operation.ts';
import type { ReplayGuard } from './replay-guard.ts';
import { memoryReplayGuard } from './replay-guard.ts';
import type { AuthScheme } from './scheme.ts';

export interface HmacOptions {
  /** 64 bytes each, in base64url. The first one signs, all are accepted. */
  readonly secrets: readonly string[];
  /** @default one in memory */
  readonly guard?: ReplayGuard;
  /** @default the system's */
  readonly clock?: Clock;
  /**
   * Bytes for a nonce.
   * @default `crypto.randomBytes`
   */
  readonly randomBytes?: (count: number) => Uint8Array;
}

/** Seconds that clocks may differ by, in both directions. The protocol's own. */
const tolerance = 120;
/** A token from the future may be used twice as long as one that is made now. */
const rememberFor = 2 * tolerance * 1_000;
const keyLength = 64;
const mostHeader = 512;
const mostNonce = 64;
const scheme = 'X-HMAC ';

/**
 * HMAC-SHA-512 over what is said: `X-HMAC <seconds>:<nonce>:<base64>`. Each is accepted once, within two minutes. Throws
 * PUBSUB_SECRETS.
 */
export function hmacAuth(options: HmacOptions): AuthScheme {
  const { clock = systemClock } = options;
  const guard = options.guard ?? memoryReplayGuard(clock);
  const random = options.randomBytes ?? randomBytes;
  const keys = options.secrets.map(keyOf);
  const [signingKey] = keys;
  if (signingKey === undefined) {
    throw httpPubsubError('PUBSUB_SECRETS', 'HMAC authorization takes at least one secret.');
  }
  const now = () => Math.floor(clock.now() / 1_000);

  return {
    async sign(operation, tracing) {
      const stamp = { timestamp: now(), nonce: Buffer.from(random(4)).toString('base64url') };
      const mac = macOf(signingKey, signedBytes(operation, stamp, tracing));
      return `${scheme}${stamp.timestamp}:${stamp.nonce}:${mac.toString('base64')}`;
    },
    async verify(operation, tracing, authorization) {
      if (authorization === undefined) return 'missing';
      const claim = parse(authorization);
      if (claim === undefined || Math.abs(now() - claim.timestamp) > tolerance) return 'refused';
      const bytes = claimedBytes(operation, tracing, claim);
      if (bytes === undefined || !keys.some((key) => isBy(key, bytes, claim.mac))) return 'refused';
      try {
        // Only what is genuine is remembered, else anybody could fill the memory.
        return (await guard.remember(claim.mac.toString('base64'), rememberFor)) ? 'accepted' : 'refused';
      } catch {
        return 'unavailable';
      }
    },
  };
}

interface Claim {
  readonly timestamp: number;
  readonly nonce: string;
  readonly mac: Buffer;
}

function isBy(key: Buffer, bytes: Uint8Array, mac: Buffer): boolean {
  return timingSafeEqual(macOf(key, bytes), mac);
}

/** Undefined: what is claimed does not fit into what is signed, such as a part beyond the 255th. Then nobody has signed it. */
function claimedBytes(operation: Operation, tracing: Uint8Array, stamp: Stamp): Buffer | undefined {
  try {
    return signedBytes(operation, stamp, tracing);
  } catch {
    return undefined;
  }
}

function macOf(key: Buffer, bytes: Uint8Array): Buffer {
  return createHmac('sha512', key).update(bytes).digest();
}

function parse(authorization: string): Claim | undefined {
  if (authorization.length > mostHeader || !authorization.startsWith(scheme)) return undefined;
  const [seconds = '', nonce = '', encoded = '', ...more] = authorization.slice(scheme.length).split(':');
  if (!/^\d{1,15}$/.test(seconds) || more.length > 0 || Buffer.byteLength(nonce) > mostNonce)
    return undefined;
  if (!/^[A-Za-z0-9+/]{86}={0,2}$/.test(encoded)) return undefined;
  return { timestamp: Number(seconds), nonce, mac: Buffer.from(encoded, 'base64') };
}

function keyOf(secret: string): Buffer {
  const key = Buffer.from(secret, 'base64url');
  if (/^[\w-]+=*$/.test(secret) && key.length === keyLength) return key;
  throw httpPubsubError(
    'PUBSUB_SECRETS',
    `A secret for HMAC has to be ${keyLength} bytes in base64url, which are 86 characters. (It is not shown.)`,
  );
}
