import type { KeyObject } from 'node:crypto';
import { createPublicKey, createSecretKey } from 'node:crypto';
import { httpPubsubError } from '../../errors.ts';

/** The keys of a sender, by what they may be used for: one kind never verifies the other's signatures. */
export interface Keys {
  /** HMAC-SHA256, `v1`. */
  readonly shared: readonly KeyObject[];
  /** Ed25519, `v1a`. */
  readonly open: readonly KeyObject[];
}

/** `whsec_` and `whpk_` before Base64. Throws PUBSUB_SECRETS. */
export function readKeys(secrets: readonly string[]): Keys {
  const shared: KeyObject[] = [];
  const open: KeyObject[] = [];
  for (const secret of secrets) {
    if (secret.startsWith('whsec_')) shared.push(sharedKey(bytesOf(secret.slice(6))));
    else if (secret.startsWith('whpk_')) open.push(openKey(bytesOf(secret.slice(5))));
    else throw wrong('each begins with "whsec_" or, for a public key, with "whpk_"');
  }
  if (shared.length + open.length === 0) throw wrong('there has to be one');
  return { shared, open };
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
function sharedKey(bytes: Buffer): KeyObject {
  if (bytes.length < 24 || bytes.length > 64) throw wrong('behind "whsec_" are 24 to 64 bytes in Base64');
  return createSecretKey(bytes);
}

function openKey(bytes: Buffer): KeyObject {
  if (bytes.length !== 32) throw wrong('behind "whpk_" are the 32 bytes of an Ed25519 key in Base64');
  const key = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  return createPublicKey({ key, format: 'jwk' });
}

function bytesOf(text: string): Buffer {
  const bytes = Buffer.from(text, 'base64');
  const bare = (base64: string) => base64.replace(/=+$/, '');
  // Buffer reads over what it does not know.
  if (bare(bytes.toString('base64')) !== bare(text)) throw wrong('what follows the prefix is Base64');
  return bytes;
}

function wrong(demanded: string): Error {
  return httpPubsubError('PUBSUB_SECRETS', `A secret of standardWebhooks is none: ${demanded}.`);
}
