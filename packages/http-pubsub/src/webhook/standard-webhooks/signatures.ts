import type { KeyObject } from 'node:crypto';
import { createHmac, timingSafeEqual, verify } from 'node:crypto';
import type { Keys } from './keys.ts';

/** More are not looked at: each one costs a computation for every key. */
const mostSignatures = 16;

/** Whether one of the signatures in the header, such as `v1,K5oZ… v1a,hnO3…`, is of one of the keys. */
export function isSigned(signed: Uint8Array, header: string, keys: Keys): boolean {
  const signatures = header.split(' ', mostSignatures).map(toSignature);
  const macs = signatures.some(({ version }) => version === 'v1')
    ? keys.shared.map((key) => macOf(signed, key))
    : [];
  return signatures.some(({ version, bytes }) => {
    // By what the signature calls itself, and not by what key is there: an Ed25519 key is public, and no HMAC secret.
    if (version === 'v1') return macs.some((mac) => isSame(mac, bytes));
    if (version === 'v1a') return keys.open.some((key) => isVerified(signed, key, bytes));
    return false;
  });
}

function toSignature(text: string): { readonly version: string; readonly bytes: Buffer } {
  const comma = text.indexOf(',');
  return { version: text.slice(0, Math.max(0, comma)), bytes: Buffer.from(text.slice(comma + 1), 'base64') };
}

function macOf(signed: Uint8Array, key: KeyObject): Buffer {
  return createHmac('sha256', key).update(signed).digest();
}

function isSame(mac: Buffer, other: Buffer): boolean {
  return mac.length === other.length && timingSafeEqual(mac, other);
}

function isVerified(signed: Uint8Array, key: KeyObject, signature: Buffer): boolean {
  return signature.length === 64 && verify(null, signed, key, signature);
}
